/// Where a verifier's keys come from.
public protocol KeySource: Sendable {
  /// The keys to use now; nil when there are none, or none any more.
  func currentKeys() -> KeySet?
  /// Waits for keys that may hold `name`, as long as the source thinks it worth it, and answers with what there is then.
  /// `name` is nil when ``currentKeys()`` gave none.
  func keys(mayHold name: String?) async -> KeySet?
}

/// Keys that never change.
public struct StaticKeys: KeySource {
  private let set: KeySet
  public init(_ set: KeySet) { self.set = set }
  public func currentKeys() -> KeySet? { set }
  public func keys(mayHold name: String?) async -> KeySet? { set }
}
