import NIOCore

/// The items of a conversation in order, within bounds: the oldest audio goes first, then the oldest items, as the provider's truncation
/// does.
struct Conversation {
  private static let maxItems = 4_096
  /// Bytes of text in all items together.
  private static let maxTextBytes = 16 << 20

  private(set) var items: [ConversationItem] = []
  private var textBytes = 0
  private let maxAudioBytes: Int

  init(maxAudioBytes: Int) { self.maxAudioBytes = maxAudioBytes }

  /// Null where there is none.
  var lastID: JSON { .optional(items.last?.id) }

  func index(of id: String) -> Int? { items.lastIndex { $0.id == id } }

  func item(_ id: String) -> ConversationItem? { index(of: id).map { items[$0] } }

  /// The id of the item before this place; null for the first.
  func previous(of index: Int) -> JSON { index == 0 ? .null : .string(items[index - 1].id) }

  mutating func insert(_ item: ConversationItem, at index: Int) {
    items.insert(item, at: index)
    textBytes += item.textBytes
    // The newest stays, however large it is.
    while items.count > Self.maxItems || (textBytes > Self.maxTextBytes && items.count > 1) {
      _ = remove(at: items[0].id == item.id ? 1 : 0)
    }
    trimAudio()
  }

  mutating func update(_ id: String, _ change: (inout ConversationItem) -> Void) {
    guard let index = index(of: id) else { return }
    let before = items[index].textBytes
    change(&items[index])
    textBytes += items[index].textBytes - before
    trimAudio()
  }

  mutating func remove(at index: Int) -> ConversationItem {
    let item = items.remove(at: index)
    textBytes -= item.textBytes
    return item
  }

  private mutating func trimAudio() {
    var bytes = items.reduce(0) { $0 + $1.audioBytes }
    for index in items.indices where bytes > maxAudioBytes {
      bytes -= items[index].audioBytes
      items[index].audio = .none
    }
  }
}
