import Foundation

/// Client events other than audio, and the conversation's items.
extension SimulatorStateMachine {
  private static let clientTypes = [
    "session.update", "input_audio_buffer.append", "input_audio_buffer.commit", "input_audio_buffer.clear", "conversation.item.create",
    "conversation.item.retrieve", "conversation.item.truncate", "conversation.item.delete", "response.create", "response.cancel",
  ]

  mutating func handle(_ event: JSON) {
    guard let type = event["type"]?.string else {
      return fail("missing_required_parameter", "Missing required parameter: 'type'.", param: "type", about: event)
    }
    switch type {
    case "session.update": updateSession(event)
    case "input_audio_buffer.append":
      // Written in an unusual way, else it would not have come here.
      guard let audio = event["audio"]?.string, let data = Data(base64Encoded: audio) else {
        return fail("invalid_value", "Invalid 'audio': expected base64.", param: "audio", about: event)
      }
      append([UInt8](data))
    case "input_audio_buffer.commit": commitBuffer(event)
    case "input_audio_buffer.clear": clearBuffer()
    case "conversation.item.create": createItem(event)
    case "conversation.item.retrieve": retrieveItem(event)
    case "conversation.item.truncate": truncateItem(event)
    case "conversation.item.delete": deleteItem(event)
    case "response.create": respond(to: event)
    case "response.cancel": cancelResponse(event)
    default:
      let list = Self.clientTypes.map { "'\($0)'" }.joined(separator: ", ")
      fail("invalid_value", "Invalid value: '\(type)'. Supported values are: \(list).", param: "type", about: event)
    }
  }

  var lastItemID: JSON { items.last.map { .string($0.id) } ?? .null }

  /// Puts an item at the end and says so.
  mutating func addItem(_ json: JSON, milliseconds: Int = 0) {
    let previous = lastItemID
    items.append(Item(id: json["id"]?.string ?? "", json: json, audioMilliseconds: milliseconds))
    trimAudio()
    send(["type": "conversation.item.added", "previous_item_id": previous, "item": json])
    send(["type": "conversation.item.done", "previous_item_id": previous, "item": json])
  }

  /// A conversation does not grow without end.
  private mutating func trimAudio() { if items.count > 2_000 { items.removeFirst() } }

  private mutating func createItem(_ event: JSON) {
    guard var item = event["item"], item.object != nil else {
      return fail("missing_required_parameter", "Missing required parameter: 'item'.", param: "item", about: event)
    }
    guard let type = item["type"]?.string, ["message", "function_call", "function_call_output"].contains(type) else {
      return fail(
        "invalid_value",
        "Invalid value: '\(item["type"]?.string ?? "")'. Supported values are: 'message', 'function_call' and 'function_call_output'.",
        param: "item.type", about: event)
    }
    let id = item["id"]?.string ?? generator.id("item_")
    guard id.count <= 32 else {
      return fail(
        "string_above_max_length",
        "Invalid 'item.id': string too long. Expected a string with maximum length 32, but got a string with length \(id.count) instead.",
        param: "item.id", about: event)
    }
    guard !items.contains(where: { $0.id == id }) else {
      return fail("item_create_duplicate_id", "Error adding item: an item with id '\(id)' already exists.", about: event)
    }
    var place = items.count
    switch event["previous_item_id"]?.string {
    case nil: break
    case "root": place = 0
    case let previous?:
      guard let index = items.firstIndex(where: { $0.id == previous }) else {
        return fail(
          "item_create_invalid_previous_item_id", "Error adding item: the previous item with id '\(previous)' does not exist.", about: event
        )
      }
      place = index + 1
    }
    item["id"] = .string(id)
    item["status"] = item["status"] ?? "completed"
    let previous: JSON = place == 0 ? .null : .string(items[place - 1].id)
    items.insert(Item(id: id, json: item), at: place)
    send(["type": "conversation.item.added", "previous_item_id": previous, "item": item])
    send(["type": "conversation.item.done", "previous_item_id": previous, "item": item])
  }

  /// The item that an event names; an error, and nil, where there is none.
  private mutating func find(_ event: JSON, _ verb: String, _ doing: String) -> Int? {
    let id = event["item_id"]?.string ?? ""
    if let index = items.firstIndex(where: { $0.id == id }) { return index }
    fail("item_\(verb)_invalid_item_id", "Error \(doing) item: the item with id '\(id)' does not exist.", about: event)
    return nil
  }

  private mutating func retrieveItem(_ event: JSON) {
    guard let index = find(event, "retrieve", "retrieving") else { return }
    send(["type": "conversation.item.retrieved", "item": items[index].json])
  }

  private mutating func deleteItem(_ event: JSON) {
    guard let index = find(event, "delete", "deleting") else { return }
    send(["type": "conversation.item.deleted", "item_id": .string(items.remove(at: index).id)])
  }

  private mutating func truncateItem(_ event: JSON) {
    guard let index = find(event, "truncate", "truncating") else { return }
    let end = event["audio_end_ms"]?.int ?? 0
    guard items[index].json["role"]?.string == "assistant", items[index].audioMilliseconds > 0, end > 0 else {
      return fail("unsupported_content_type", "Only model output audio messages can be truncated", about: event)
    }
    guard end <= items[index].audioMilliseconds else {
      return fail(
        "invalid_value", "Audio content of \(items[index].audioMilliseconds)ms is already shorter than \(end)ms", param: "audio_end_ms",
        about: event)
    }
    items[index].audioMilliseconds = end
    items[index].json["content"] = [["type": "output_audio", "transcript": nil]]
    send([
      "type": "conversation.item.truncated", "item_id": .string(items[index].id), "content_index": event["content_index"] ?? 0,
      "audio_end_ms": .number(Double(end)),
    ])
  }
}
