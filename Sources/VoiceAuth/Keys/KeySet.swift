public import VoiceCore

/// Keys, found by the name and algorithm that a token gives.
public struct KeySet: Sendable {
  /// In order, each name once.
  public let keys: [VerificationKey]
  /// Keys that were left out, and why: for the operator's log.
  public let warnings: [String]

  /// Throws where two keys have one name.
  public init(_ keys: [VerificationKey], warnings: [String] = []) throws(VoiceAuthError) {
    var names: [String] = []
    for id in keys.compactMap(\.id) {
      guard !names.contains(where: id.hasSameBytes) else { throw VoiceAuthError(.invalidKeySet, "two keys of one name") }
      names.append(id)
    }
    self.keys = keys
    self.warnings = warnings
  }

  /// Nothing but one secret, for HS256/384/512.
  public init(secret: Secret) throws(VoiceAuthError) {
    try self.init([VerificationKey(secret: secret)])
  }

  /// Every algorithm that some key serves.
  public var algorithms: Set<JWTAlgorithm> { keys.reduce(into: []) { $0.formUnion($1.algorithms) } }
}

extension KeySet {
  /// A token without `kid` is tried with no more keys than this, so that junk stays cheap.
  private static let maxUnnamedTries = 4

  /// What a token's `kid` and `alg` lead to.
  enum Candidates {
    case keys([VerificationKey])
    /// No key has this name. There may be keys without any.
    case unknownName(unnamed: [VerificationKey])
    /// The key, or every key, serves other algorithms.
    case otherAlgorithm
    case ambiguous
  }

  func candidates(named name: String?, for algorithm: JWTAlgorithm) -> Candidates {
    let suitable = keys.filter { $0.algorithms.contains(algorithm) }
    if let name {
      guard let named = keys.first(where: { $0.id?.hasSameBytes(as: name) == true }) else {
        return .unknownName(unnamed: suitable.filter { $0.id == nil })
      }
      return named.algorithms.contains(algorithm) ? .keys([named]) : .otherAlgorithm
    }
    guard !suitable.isEmpty else { return .otherAlgorithm }
    guard suitable.count <= Self.maxUnnamedTries else { return .ambiguous }
    return .keys(suitable)
  }
}
