import Logging
import ServiceLifecycle
import VoiceAuth
import VoiceCore

/// Who says whose token it is.
struct Verification: Sendable {
  let verifier: any TokenVerifier
  let services: [any Service]

  /// Throws ``SettingsError`` for a key that cannot be used.
  init(_ settings: Settings.Auth, logger: Logger) throws {
    var keys: [VerificationKey] = []
    if let secret = settings.secret {
      keys.append(try Self.judged("JWT_SECRET") { () throws(VoiceAuthError) in try VerificationKey(secret: secret) })
    }
    if let pem = settings.publicKey {
      keys += try Self.judged("JWT_PUBLIC_KEY") { () throws(VoiceAuthError) in try KeySet(pem: pem) }.keys
    }
    let set = try Self.judged("JWT_SECRET") { () throws(VoiceAuthError) in try KeySet(keys) }
    verifier = JWTVerifier(keys: set, configuration: settings.verification, now: WallClock.now)
    services = []
  }

  private static func judged<Value>(_ name: String, _ body: () throws(VoiceAuthError) -> Value) throws -> Value {
    do { return try body() } catch { throw SettingsError(["\(name): cannot be used as a key; \(error.message)"]) }
  }
}

extension Settings.Auth {
  /// What a token has to be.
  var verification: JWTVerifier.Configuration {
    JWTVerifier.Configuration(
      algorithms: algorithms.isEmpty ? nil : Set(algorithms.compactMap(JWTAlgorithm.init(rawValue:))), issuer: issuer, audience: audience,
      leeway: leeway, userClaims: userClaims.map { ClaimPath($0) }, planClaims: planClaims.map { ClaimPath($0) })
  }
}
