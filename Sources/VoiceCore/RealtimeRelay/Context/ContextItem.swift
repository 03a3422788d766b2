import NIOCore

/// The events that put context into the conversation and take it out. Their ids have the prefix of the gateway's own.
enum ContextItem {
  private static let prefix = HiddenItems.itemPrefix + "c"

  static func id(_ number: Int) -> String { "\(prefix)\(number)" }
  /// The context's number, where the item is one.
  static func number(in id: String) -> Int? { id.hasPrefix(prefix) ? Int(id.dropFirst(prefix.count)) : nil }

  /// `conversation.item.create` of a system item that holds `text`. The event has the item's id: an error names it.
  static func creation(id: String, text: String) -> ByteBuffer {
    ByteBuffer(
      string: """
        {"type":"conversation.item.create","event_id":"\(id)","item":{"id":"\(id)","type":"message","role":"system",\
        "content":[{"type":"input_text","text":\(JSONText.quoted(text))}]}}
        """)
  }

  /// `conversation.item.delete`.
  static func deletion(of id: String, eventID: String) -> ByteBuffer {
    ByteBuffer(string: #"{"type":"conversation.item.delete","event_id":"\#(eventID)","item_id":"\#(id)"}"#)
  }
}
