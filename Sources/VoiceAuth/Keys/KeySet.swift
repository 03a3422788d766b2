public import VoiceCore

/// Keys, found by the name and algorithm that a token gives.
public struct KeySet: Sendable {
  /// Keys in order. Several may share an id (RFC 7517 section 4.5): each that serves a token's algorithm is tried.
  public let keys: [VerificationKey]
  /// Keys that were left out, and why: for the operator's log.
  public let warnings: [String]

  /// Creates a key set.
  public init(_ keys: [VerificationKey], warnings: [String] = []) {
    self.keys = keys
    self.warnings = warnings
  }

  /// Nothing but one secret, for HS256/384/512.
  public init(secret: Secret) throws(VoiceAuthError) {
    self.init([try VerificationKey(secret: secret)])
  }

  /// Every algorithm that some key serves.
  public var algorithms: Set<JWTAlgorithm> { keys.reduce(into: []) { $0.formUnion($1.algorithms) } }
}

extension KeySet {
  /// A token is tried with no more keys than this, so that junk stays cheap.
  private static let maxTries = 4

  /// The keys that a token's `kid` and `alg` lead to.
  enum Candidates {
    case keys([VerificationKey])
    case none(TokenRefusal)
    case tooMany
  }

  func candidates(named name: String?, for algorithm: JWTAlgorithm) -> Candidates {
    let suitable = keys.filter { $0.algorithms.contains(algorithm) }
    let found: [VerificationKey]
    if let name {
      // A secret is shared as a text without a name, whatever the issuer calls it in a token.
      found = suitable.filter { $0.id?.hasSameBytes(as: name) ?? (algorithm.family == .secret) }
    } else {
      found = suitable
    }
    guard found.count <= Self.maxTries else { return .tooMany }
    guard found.isEmpty else { return .keys(found) }
    let isKnown = name.map { name in keys.contains { $0.id?.hasSameBytes(as: name) == true } } ?? true
    return .none(TokenRefusal(.invalid, isKnown ? "no key serves \(algorithm.rawValue)" : "an unknown kid"))
  }
}
