import NIOCore

/// Client events other than audio, and the conversation's items.
extension SimulatorStateMachine {
  private static let clientTypes = [
    "session.update", "session.close", "input_audio_buffer.append", "session.input_audio_buffer.append", "input_audio_buffer.commit",
    "input_audio_buffer.clear", "conversation.item.create", "conversation.item.truncate", "conversation.item.delete",
    "conversation.item.retrieve", "response.create", "response.cancel",
  ]

  mutating func handle(_ event: JSON) {
    guard event.object != nil else {
      return fail(SchemaViolation(code: "invalid_event", message: "Invalid event: expected an object, but got \(event.kind) instead."))
    }
    guard let type = event["type"] else { return fail(.missing("type"), about: event) }
    switch type.string {
    case "session.update": updateSession(event)
    case "input_audio_buffer.append": appendUnusual(event)
    case "input_audio_buffer.commit": commitBuffer(event)
    case "input_audio_buffer.clear": clearBuffer()
    case "conversation.item.create": createItem(event)
    case "conversation.item.retrieve": retrieveItem(event)
    case "conversation.item.truncate": truncateItem(event)
    case "conversation.item.delete": deleteItem(event)
    case "response.create": respond(to: event)
    case "response.cancel": cancelResponse(event)
    default: fail(.invalidValue(type.string ?? type.text, at: "type", supported: Self.clientTypes), about: event)
    }
  }

  /// An append that is written in an unusual way, or is wrong.
  private mutating func appendUnusual(_ event: JSON) {
    guard let audio = event["audio"] else { return fail(.missing("audio"), about: event) }
    guard let text = audio.string, let bytes = Array(text.utf8).withUnsafeBytes(Base64.decode) else {
      let message = "Invalid 'audio'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz) but got an invalid value."
      return fail(SchemaViolation(code: "invalid_value", message: message, param: "audio"), about: event)
    }
    append(bytes)
  }

  /// Puts an item at the end, or elsewhere, and reports it.
  mutating func add(_ item: ConversationItem, at place: Int? = nil) {
    let place = place ?? conversation.items.count
    let previous = conversation.previous(of: place)
    conversation.insert(item, at: place)
    send("conversation.item.added", ["previous_item_id": previous, "item": item.json])
    send("conversation.item.done", ["previous_item_id": previous, "item": item.json])
  }

  private mutating func createItem(_ event: JSON) {
    guard let wanted = event["item"], !wanted.isNull else { return fail(.missing("item"), about: event) }
    if let violation = ItemSchema.violation(in: wanted, at: "item") { return fail(violation, about: event) }
    if let id = wanted["id"]?.string, conversation.index(of: id) != nil {
      let message = "Error adding item: an item with id '\(id)' already exists."
      return fail(SchemaViolation(code: "item_create_duplicate_item_id", message: message), about: event)
    }
    if wanted["type"]?.string == "function_call_output", let call = wanted["call_id"]?.string, !hasCall(call) {
      return fail(SchemaViolation(code: "invalid_tool_call_id", message: "Tool call ID '\(call)' not found in conversation."), about: event)
    }
    var place = conversation.items.count
    switch event["previous_item_id"]?.string {
    case nil: break
    case "root": place = 0
    case let previous?:
      guard let index = conversation.index(of: previous) else {
        let message = "Error adding item: the previous item with id '\(previous)' does not exist."
        return fail(SchemaViolation(code: "item_create_invalid_previous_item_id", message: message), about: event)
      }
      place = index + 1
    }
    add(made(wanted), at: place)
  }

  private func hasCall(_ id: String) -> Bool {
    conversation.items.contains { $0.json["type"]?.string == "function_call" && $0.json["call_id"]?.string == id }
  }

  /// The item as it is echoed: completed, and without the audio that came with it.
  private mutating func made(_ wanted: JSON) -> ConversationItem {
    let id = wanted["id"]?.string ?? generator.id("item_")
    var json: JSONObject = [
      "id": .string(id), "type": wanted["type"] ?? "message", "status": .string(wanted["status"]?.string ?? "completed"),
    ]
    if let role = wanted["role"] { json["role"] = role }
    for (name, value) in wanted.object?.members ?? [] where !["id", "type", "status", "role", "object"].contains(name) {
      json[name] = value
    }
    var item = ConversationItem(id: id, json: .object(json))
    item.words = ConversationItem.words(of: wanted)
    item.format = buffer.format
    let parts = wanted["content"]?.array ?? []
    for part in parts {
      guard part["type"]?.string == "input_audio", let audio = part["audio"]?.string,
        let bytes = Array(audio.utf8).withUnsafeBytes(Base64.decode)
      else { continue }
      item.audio = .user(ByteBuffer(bytes: bytes))
      item.audioMilliseconds = bytes.count / buffer.format.bytesPerMillisecond
    }
    if item.audioMilliseconds > 0 {
      item.json["content"] = .array(
        parts.map { part in part["audio"] == nil ? part : ["type": "input_audio", "transcript": part["transcript"] ?? .null] })
    }
    guard item.isUser else { return item }
    if item.words.isEmpty, item.audioMilliseconds > 0 {
      item.turn = script.userSpoke()
      item.words = item.turn?.user ?? UserSpeech.sentence(turns)
      turns += 1
    } else {
      item.turn = script.userWrote(item.words)
    }
    return item
  }

  /// The item that an event names; an error, and nil, where there is none. The provider leaves the event's id out of two of these.
  private mutating func find(_ event: JSON, _ verb: String, _ doing: String, namesEvent: Bool) -> Int? {
    guard let id = event["item_id"]?.string else {
      fail(.missing("item_id"), about: event)
      return nil
    }
    if let index = conversation.index(of: id) { return index }
    let message = "Error \(doing) item: the item with id '\(id)' does not exist."
    fail(SchemaViolation(code: "item_\(verb)_invalid_item_id", message: message), about: namesEvent ? event : nil)
    return nil
  }

  private mutating func retrieveItem(_ event: JSON) {
    guard let index = find(event, "retrieve", "retrieving", namesEvent: false) else { return }
    send("conversation.item.retrieved", ["item": conversation.items[index].withAudio])
  }

  private mutating func deleteItem(_ event: JSON) {
    guard let index = find(event, "delete", "deleting", namesEvent: false) else { return }
    send("conversation.item.deleted", ["item_id": .string(conversation.remove(at: index).id)])
  }

  private mutating func truncateItem(_ event: JSON) {
    guard let index = find(event, "truncate", "truncating", namesEvent: true) else { return }
    let item = conversation.items[index]
    guard let part = event["content_index"]?.int else { return fail(.missing("content_index"), about: event) }
    guard let end = event["audio_end_ms"]?.int else { return fail(.missing("audio_end_ms"), about: event) }
    if let violation = Schema.integer(0...Int(Int32.max)).violation(in: .int(end), at: "audio_end_ms") {
      return fail(violation, about: event)
    }
    guard item.json["role"]?.string == "assistant", item.audioMilliseconds > 0, end > 0, part == 0 else {
      return fail(
        SchemaViolation(code: "unsupported_content_type", message: "Only model output audio messages can be truncated"), about: event)
    }
    guard end <= item.audioMilliseconds else {
      let message = "Audio content of \(item.audioMilliseconds)ms is already shorter than \(end)ms"
      return fail(SchemaViolation(code: "invalid_value", message: message), about: event)
    }
    conversation.update(item.id) { $0.truncate(to: end) }
    send(
      "conversation.item.truncated",
      ["item_id": .string(item.id), "content_index": .int(part), "audio_end_ms": .int(end)])
  }
}
