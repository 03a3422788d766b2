/// The conversation's items that the client does not know of, and how the rest hangs together without them.
struct HiddenItems {
  static let prefix = "gw_"
  static let itemPrefix = "gw_item_"

  /// What stands before each hidden item: hidden or not, nil for the first of the conversation. In the order of creation.
  private var predecessors: [(id: String, previous: String?)] = []

  /// Items whose names upstream gave.
  private var others: Set<String> = []

  var isEmpty: Bool { predecessors.isEmpty }
  var ids: [String] { predecessors.map(\.id) }

  /// The gateway's own by their name alone: nothing with it is ever the client's to see.
  func contains(_ id: String) -> Bool { id.hasPrefix(Self.itemPrefix) || others.contains(id) }

  /// An item of upstream's making is not for the client.
  mutating func hide(_ id: String, after previous: String?) {
    others.insert(id)
    added(id, after: previous)
  }

  /// The gateway's item stands in the conversation behind `previous`.
  mutating func added(_ id: String, after previous: String?) {
    if let index = predecessors.firstIndex(where: { $0.id == id }) {
      predecessors[index].previous = previous
    } else {
      predecessors.append((id, previous))
    }
  }

  /// The item is gone: what stood behind it stands behind its predecessor.
  mutating func deleted(_ id: String) {
    others.remove(id)
    guard let index = predecessors.firstIndex(where: { $0.id == id }) else { return }
    let previous = predecessors.remove(at: index).previous
    for other in predecessors.indices where predecessors[other].previous == id { predecessors[other].previous = previous }
  }

  /// The nearest item at or before `id` that the client knows.
  func visible(_ id: String?) -> String? {
    var current = id
    // Each step goes to an older item; the count bounds a walk through a server's contradiction.
    for _ in 0...predecessors.count {
      guard let hidden = current, contains(hidden) else { return current }
      guard let entry = predecessors.first(where: { $0.id == hidden }) else { return nil }
      current = entry.previous
    }
    return nil
  }
}
