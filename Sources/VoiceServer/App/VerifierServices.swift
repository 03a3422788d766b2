import Logging
import ServiceLifecycle
import VoiceAuth
import VoiceCore

/// Token verifier composed from the settings: keys, a key set behind a URL, or both.
struct VerifierServices: Sendable {
  let verifier: any TokenVerifier
  let services: [any Service]
  let keySet: RemoteKeySet?

  /// Throws ``SettingsError`` for a key that cannot be used.
  init(_ settings: Settings.Auth, client: any HTTPClient, logger: Logger) throws {
    let own = try Self.ownKeys(settings)
    try Self.judge(settings, own)
    let remote = try settings.keySetURL.map { url in
      try SettingsError.naming("JWT_JWKS_URL") { () throws(VoiceAuthError) in
        try RemoteKeySet(url: url.expose(), algorithms: settings.verification.algorithms ?? .all, client: client, logger: logger)
      }
    }
    let source: any KeySource =
      switch (remote, own.keys.isEmpty) {
      case (nil, _): StaticKeys(own)
      case (let remote?, true): remote
      case (let remote?, false): CombinedKeys(own, and: remote)
      }
    verifier = JWTVerifier(keys: source, configuration: settings.verification, now: UnixTime.now, logger: logger)
    services = remote.map { [$0] } ?? []
    keySet = remote
  }

  /// Throws for an accepted algorithm that no key could ever serve: its tokens would all be refused.
  private static func judge(_ settings: Settings.Auth, _ own: KeySet) throws(SettingsError) {
    guard settings.hasKey else { return }
    let unserved = settings.algorithms.compactMap(JWTAlgorithm.init(rawValue:)).filter { algorithm in
      let isPublished = settings.keySetURL != nil && !Set<JWTAlgorithm>.hmac.contains(algorithm)
      return !isPublished && !own.algorithms.contains(algorithm)
    }
    guard let first = unserved.first else { return }
    let wanted =
      Set<JWTAlgorithm>.hmac.contains(first)
      ? "JWT_SECRET" : "a JWT_PUBLIC_KEY or JWT_PUBLIC_KEY_FILE of its type, or JWT_JWKS_URL"
    throw SettingsError([
      "JWT_ALGORITHMS: no key is given for \(unserved.map(\.rawValue).joined(separator: ", ")); expected \(wanted), or algorithms of the keys given"
    ])
  }

  private static func ownKeys(_ settings: Settings.Auth) throws -> KeySet {
    var keys: [VerificationKey] = []
    if let secret = settings.secret {
      keys.append(try SettingsError.naming("JWT_SECRET") { () throws(VoiceAuthError) in try VerificationKey(secret: secret) })
    }
    if let pem = settings.publicKey {
      keys += try SettingsError.naming(settings.publicKeySetting) { () throws(VoiceAuthError) in try KeySet(pem: pem) }.keys
    }
    return KeySet(keys)
  }
}

extension Settings.Auth {
  /// Requirements of a token.
  var verification: JWTVerifier.Configuration {
    JWTVerifier.Configuration(
      algorithms: algorithms.isEmpty ? nil : Set(algorithms.compactMap(JWTAlgorithm.init(rawValue:))), issuer: issuer, audience: audience,
      leeway: leeway, userClaims: userClaims.map { ClaimPath($0) }, planClaims: planClaims.map { ClaimPath($0) },
      tenantClaim: tenantClaim.map { ClaimPath($0) })
  }
}
