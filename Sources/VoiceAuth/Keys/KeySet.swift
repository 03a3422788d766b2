public import VoiceCore

/// Keys, found by the name and algorithm that a token gives.
public struct KeySet: Sendable {
  /// Keys in order. Several may share an id (RFC 7517 section 4.5): each that serves a token's algorithm is tried.
  public let keys: [VerificationKey]
  /// Keys that were left out, and why: for the operator's log.
  public let warnings: [String]
  /// True if no key comes from a set that names its keys: there is no `kid` then that is unknown.
  private let isBare: Bool

  /// Creates a key set.
  public init(_ keys: [VerificationKey], warnings: [String] = []) {
    self.init(keys, warnings: warnings, besideOthers: false)
  }

  /// - Parameter besideOthers: a source of named keys is there too, although it may have none now.
  init(_ keys: [VerificationKey], warnings: [String], besideOthers: Bool) {
    self.keys = keys
    self.warnings = warnings
    isBare = !besideOthers && keys.allSatisfy(\.isBare)
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
  static let maxTries = 16

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
      // A secret is shared as a text without a name, whatever the issuer calls it in a token; and so is a public key that stands alone.
      let isAnyName = algorithm.family == .secret || (isBare && suitable.count == 1)
      found = suitable.filter { $0.id?.hasSameBytes(as: name) ?? isAnyName }
    } else {
      found = suitable
    }
    guard found.count <= Self.maxTries else { return .tooMany }
    guard found.isEmpty else { return .keys(found) }
    let isKnown = name.map { name in keys.contains { $0.id?.hasSameBytes(as: name) == true } } ?? true
    return .none(TokenRefusal(.invalid, isKnown ? "no key serves \(algorithm.rawValue)" : "an unknown kid"))
  }
}
