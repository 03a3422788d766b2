import VoiceCore

/// Keys of one's own beside those of another source. Where both have a name, one's own are meant.
public struct CombinedKeys: KeySource {
  private let own: KeySet
  private let source: any KeySource

  /// Creates a source of the keys of both.
  public init(_ own: KeySet, and source: any KeySource) {
    self.own = KeySet(own.keys, warnings: own.warnings, besideOthers: true)
    self.source = source
  }

  /// One's own alone, when the source has none.
  public func currentKeys() -> KeySet? { source.currentKeys().map(merged) ?? own }

  public func keysAfterMiss() async -> KeySet? { await source.keysAfterMiss().map(merged) }

  private func merged(_ others: KeySet) -> KeySet {
    let names = own.keys.compactMap(\.id)
    let added = others.keys.filter { key in !names.contains { key.id?.hasSameBytes(as: $0) ?? false } }
    return KeySet(own.keys + added, warnings: others.warnings, besideOthers: true)
  }
}
