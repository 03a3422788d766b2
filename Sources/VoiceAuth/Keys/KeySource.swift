/// Source of a verifier's keys.
public protocol KeySource: Sendable {
  /// The keys to use now; nil when there are none, or none any more.
  func currentKeys() -> KeySet?
  /// Called when a token needs a key that is not there. Waits for newer keys where the source thinks it worth it, and
  /// answers with what there is then.
  func keysAfterMiss() async -> KeySet?
}

/// Keys that never change.
public struct StaticKeys: KeySource {
  private let set: KeySet
  /// Creates a source of keys that never change.
  public init(_ set: KeySet) { self.set = set }
  public func currentKeys() -> KeySet? { set }
  public func keysAfterMiss() async -> KeySet? { set }
}
