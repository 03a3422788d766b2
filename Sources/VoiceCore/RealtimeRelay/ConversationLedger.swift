import NIOCore

/// The conversation's items in order, as text: what a new upstream is given when the old one is lost, and what is stored so that the
/// session can go on elsewhere. Audio is never kept; its transcript stands for it.
///
/// Bounded in items and bytes: the oldest go first, and are counted.
struct ConversationLedger {
  struct Limits: Sendable, Equatable {
    var items = 512
    var bytes = 262_144
  }

  private struct Entry {
    var id: String
    /// The item without its content, as the members of a JSON object: `"type":"message","role":"user"`.
    var head: String
    /// What was said, of a message; nil where ``head`` is all.
    var text: String?
    var contentType: String
    /// An answer that was cut off, or of which not all was heard.
    var isInterrupted = false
    var bytes: Int { id.utf8.count + head.utf8.count + (text?.utf8.count ?? 0) + 64 }
  }

  private let limits: Limits
  private var entries: [Entry] = []
  private var bytes = 0
  /// How many of the oldest items were left out.
  private(set) var dropped = 0

  init(limits: Limits = Limits()) { self.limits = limits }

  /// Starts from what was stored.
  init(restoring items: [StoredItem], dropped: Int, limits: Limits = Limits()) {
    self.init(limits: limits)
    self.dropped = dropped
    for item in items {
      let entry = ByteBuffer(string: item.json).withJSON { Self.entry(from: $0) }
      if let entry { insert(entry, after: entries.last?.id) }
    }
  }

  /// `conversation.item.added` or `.done`: the later one knows more.
  mutating func itemNamed(_ event: ByteBuffer) {
    let found = event.withJSON { event -> (Entry, String?)? in
      guard let entry = event.member("item").flatMap(Self.entry(from:)) else { return nil }
      return (entry, event.member("previous_item_id")?.string)
    }
    guard let (entry, previous) = found else { return }
    if let index = entries.firstIndex(where: { $0.id == entry.id }) {
      var merged = entry
      if merged.text?.isEmpty ?? false { merged.text = entries[index].text }
      merged.isInterrupted = merged.isInterrupted || entries[index].isInterrupted
      bytes += merged.bytes - entries[index].bytes
      entries[index] = merged
    } else {
      insert(entry, after: previous)
    }
    makeRoom()
  }

  /// `…input_audio_transcription.completed`: what the user said in an item.
  mutating func transcribed(_ event: ByteBuffer) {
    let found = event.withJSON { event -> (String, String)? in
      guard let id = event.member("item_id")?.string, let text = event.member("transcript")?.string else { return nil }
      return (id, text)
    }
    guard let (id, text) = found, let index = entries.firstIndex(where: { $0.id == id }) else { return }
    bytes += text.utf8.count - (entries[index].text?.utf8.count ?? 0)
    entries[index].text = text
    makeRoom()
  }

  /// The user heard only a part of it.
  mutating func interrupted(_ id: String) {
    guard let index = entries.firstIndex(where: { $0.id == id }), !entries[index].isInterrupted else { return }
    entries[index].isInterrupted = true
  }

  mutating func deleted(_ id: String) {
    guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
    bytes -= entries.remove(at: index).bytes
  }

  /// The items as they can be created again, oldest first. What nobody understood a word of is left out.
  var items: [StoredItem] {
    entries.compactMap { entry in
      guard let text = entry.text else { return StoredItem(id: entry.id, json: "{\"id\":\(JSONText.quoted(entry.id)),\(entry.head)}") }
      guard !text.isEmpty else { return nil }
      let status = entry.isInterrupted ? "\"status\":\"incomplete\"," : ""
      let content = "[{\"type\":\"\(entry.contentType)\",\"text\":\(JSONText.quoted(text))}]"
      return StoredItem(id: entry.id, json: "{\"id\":\(JSONText.quoted(entry.id)),\(entry.head),\(status)\"content\":\(content)}")
    }
  }

  // MARK: -

  private mutating func insert(_ entry: Entry, after previous: String?) {
    bytes += entry.bytes
    if let previous, let index = entries.lastIndex(where: { $0.id == previous }) {
      entries.insert(entry, at: index + 1)
    } else {
      // Unknown, or left out already: the newest.
      entries.append(entry)
    }
  }

  private mutating func makeRoom() {
    while entries.count > limits.items || bytes > limits.bytes, entries.count > 1 {
      bytes -= entries.removeFirst().bytes
      dropped += 1
    }
  }

  /// Reads an item; nil for types that cannot be created by a client (a tool server's calls, for example).
  private static func entry(from item: JSONView) -> Entry? {
    guard let id = item.member("id")?.string, let type = item.member("type")?.string else { return nil }
    func member(_ name: StaticString) -> String? { item.member(name).map { "\"\(name)\":\($0.json)" } }
    switch type {
    case "message":
      guard let role = item.member("role")?.string else { return nil }
      let parts = item.member("content")?.elements ?? []
      let text = parts.compactMap { $0.member("text")?.string ?? $0.member("transcript")?.string }.joined(separator: "\n")
      return Entry(
        id: id, head: "\"type\":\"message\",\"role\":\(JSONText.quoted(role))", text: text,
        contentType: role == "assistant" ? "output_text" : "input_text", isInterrupted: item.member("status")?.string == "incomplete")
    case "function_call":
      let head = ["\"type\":\"function_call\"", member("call_id"), member("name"), member("arguments")].compactMap { $0 }
      return Entry(id: id, head: head.joined(separator: ","), text: nil, contentType: "")
    case "function_call_output":
      let head = ["\"type\":\"function_call_output\"", member("call_id"), member("output")].compactMap { $0 }
      return Entry(id: id, head: head.joined(separator: ","), text: nil, contentType: "")
    default:
      return nil
    }
  }
}
