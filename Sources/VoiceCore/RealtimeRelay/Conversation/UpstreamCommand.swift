import NIOCore

/// The events that the gateway itself sends upstream: the only place where their JSON stands.
enum UpstreamCommand: Equatable {
  /// `session` as JSON.
  case updateSession(id: String, session: String)
  /// `item` as JSON; behind `previous`, or at the end.
  case createItem(id: String, item: String, previous: String? = nil)
  case deleteItem(id: String, item: String)
  case truncate(id: String, ControlEvent.Truncation)
  /// `response` as JSON; nil: as the session has it.
  case createResponse(id: String, response: String? = nil)
  case cancelResponse(id: String, response: String)

  var bytes: ByteBuffer {
    switch self {
    case .updateSession(let id, let session): event("session.update", id, ["\"session\":\(session)"])
    case .createItem(let id, let item, let previous):
      event(
        "conversation.item.create", id,
        (previous.map { ["\"previous_item_id\":\(JSONText.quoted($0))"] } ?? []) + ["\"item\":\(item)"])
    case .deleteItem(let id, let item): event("conversation.item.delete", id, ["\"item_id\":\(JSONText.quoted(item))"])
    case .truncate(let id, let cut):
      event(
        "conversation.item.truncate", id,
        [
          "\"item_id\":\(JSONText.quoted(cut.item))", "\"content_index\":\(cut.contentIndex)",
          "\"audio_end_ms\":\(cut.audioEndMilliseconds)",
        ])
    case .createResponse(let id, let response): event("response.create", id, response.map { ["\"response\":\($0)"] } ?? [])
    case .cancelResponse(let id, let response): event("response.cancel", id, ["\"response_id\":\(JSONText.quoted(response))"])
    }
  }

  private func event(_ type: String, _ id: String, _ members: [String]) -> ByteBuffer {
    ByteBuffer(string: "{\"type\":\"\(type)\",\"event_id\":\"\(id)\"" + members.map { "," + $0 }.joined() + "}")
  }

  /// A system message that holds `text`, as an item.
  static func systemMessage(id: String, text: String) -> String {
    """
    {"id":"\(id)","type":"message","role":"system","content":[{"type":"input_text","text":\(JSONText.quoted(text))}]}
    """
  }

  /// Output of a function, as an item.
  static func functionOutput(id: String, call: String, output: String) -> String {
    """
    {"id":\(JSONText.quoted(id)),"type":"function_call_output","call_id":\(JSONText.quoted(call)),"output":\(JSONText.quoted(output))}
    """
  }
}
