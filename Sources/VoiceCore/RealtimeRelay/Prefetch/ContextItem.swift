package import NIOCore

/// The events that put context into the conversation and take it out. Their ids have the prefix of the gateway's own.
package enum ContextItem {
  /// `conversation.item.create` of a system item that holds `text`. The event has the item's id: an error names it.
  /// - Parameter previous: the item to stand behind; nil: at the end of the conversation.
  package static func creation(id: String, text: String, after previous: String? = nil) -> ByteBuffer {
    let place = previous.map { "\"previous_item_id\":\(JSONText.quoted($0))," } ?? ""
    return ByteBuffer(
      string: """
        {"type":"conversation.item.create","event_id":"\(id)",\(place)"item":{"id":"\(id)","type":"message","role":"system",\
        "content":[{"type":"input_text","text":\(JSONText.quoted(text))}]}}
        """)
  }

  /// `conversation.item.delete`.
  package static func deletion(of id: String, eventID: String) -> ByteBuffer {
    ByteBuffer(string: #"{"type":"conversation.item.delete","event_id":"\#(eventID)","item_id":"\#(id)"}"#)
  }
}
