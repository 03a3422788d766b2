/// Items that a client may create.
enum ItemSchema {
  private static let types = ["message", "function_call", "function_call_output", "mcp_approval_response"]
  private static let roles = ["system", "user", "assistant"]
  private static let maxIDLength = 32
  private static let common: Set<String> = ["id", "type", "object", "status"]
  private static let members: [String: Set<String>] = [
    "message": ["role", "content", "phase"], "function_call": ["name", "arguments", "call_id"],
    "function_call_output": ["call_id", "output"],
    "mcp_approval_response": ["approval_request_id", "approve", "reason"],
  ]
  private static let partMembers: [String: Set<String>] = [
    "input_text": ["text"], "input_audio": ["audio", "transcript"], "input_image": ["image_url", "detail"], "output_text": ["text"],
    "output_audio": ["text", "audio", "transcript"],
  ]

  /// The first fault; nil where the item can be added, or stand in the `input` of a response.
  static func violation(in item: JSON, at path: String) -> SchemaViolation? {
    guard item.object != nil else { return .invalidType(item, at: path, expected: "an object") }
    guard let type = item["type"] else { return .missing("\(path).type") }
    guard let name = type.string, types.contains(name) else {
      return .invalidValue(type.string ?? type.text, at: "\(path).type", supported: types)
    }
    let known = common.union(members[name] ?? [])
    if let unknown = item.object?.names.first(where: { !known.contains($0) }) { return .unknown("\(path).\(unknown)") }
    if let violation = idViolation(item, "id", path) { return violation }
    if let status = item["status"], !status.isNull {
      let schema = Schema.oneOf(["completed", "incomplete", "in_progress"])
      if let violation = schema.violation(in: status, at: "\(path).status") { return violation }
    }
    switch name {
    case "message": return messageViolation(item, path)
    case "function_call":
      return missing(["name", "arguments"], item, path) ?? idViolation(item, "call_id", path)
    case "function_call_output": return missing(["call_id", "output"], item, path) ?? idViolation(item, "call_id", path)
    default:
      guard item["approve"]?.bool != nil else { return .missing("\(path).approve") }
      return missing(["approval_request_id"], item, path)
    }
  }

  private static func missing(_ names: [String], _ item: JSON, _ path: String) -> SchemaViolation? {
    for name in names {
      guard let value = item[name], !value.isNull else { return .missing("\(path).\(name)") }
      guard value.string != nil else { return .invalidType(value, at: "\(path).\(name)", expected: "a string") }
      // Sound and pictures have bounds of their own.
      let isText = name != "audio" && name != "image_url"
      if isText, let violation = Schema.text.violation(in: value, at: "\(path).\(name)") { return violation }
    }
    return nil
  }

  private static func idViolation(_ item: JSON, _ name: String, _ path: String) -> SchemaViolation? {
    guard let id = item[name], !id.isNull else { return nil }
    let place = "\(path).\(name)"
    if let violation = Schema.string(maxLength: maxIDLength).violation(in: id, at: place) { return violation }
    let isPlain = id.string?.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
    }
    guard !(isPlain ?? false) || id.string?.isEmpty ?? true else { return nil }
    let message = "Invalid '\(place)': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
    return SchemaViolation(code: "invalid_value", message: message, param: place)
  }

  private static func messageViolation(_ item: JSON, _ path: String) -> SchemaViolation? {
    guard let role = item["role"], !role.isNull else { return .missing("\(path).role") }
    guard let name = role.string, roles.contains(name) else {
      return .invalidValue(role.string ?? role.text, at: "\(path).role", supported: roles)
    }
    guard let content = item["content"], !content.isNull else { return .missing("\(path).content") }
    guard let parts = content.array else { return .invalidType(content, at: "\(path).content", expected: "an array") }
    for (index, part) in parts.enumerated() {
      if let violation = partViolation(part, role: name, at: "\(path).content[\(index)]") { return violation }
    }
    return nil
  }

  private static func partViolation(_ part: JSON, role: String, at path: String) -> SchemaViolation? {
    let supported =
      switch role {
      case "user": ["input_text", "input_audio", "input_image"]
      case "assistant": ["output_text", "output_audio"]
      default: ["input_text"]
      }
    guard let type = part["type"] else { return .missing("\(path).type") }
    guard let name = type.string, supported.contains(name) else {
      return .invalidValue(type.string ?? type.text, at: "\(path).type", supported: supported)
    }
    if let unknown = part.object?.names.first(where: { $0 != "type" && !(partMembers[name]?.contains($0) ?? false) }) {
      return .unknown("\(path).\(unknown)")
    }
    for optional in ["transcript", "detail"] {
      if let value = part[optional], let violation = Schema.nullable(.string()).violation(in: value, at: "\(path).\(optional)") {
        return violation
      }
    }
    switch name {
    // Audio of the assistant's cannot be put in: the provider asks for the text, whatever stands beside it.
    case "input_text", "output_text", "output_audio": return missing(["text"], part, path)
    case "input_image": return missing(["image_url"], part, path)
    default:
      if let violation = missing(["audio"], part, path) { return violation }
      guard let audio = part["audio"]?.string, Array(audio.utf8).withUnsafeBytes(Base64.decode) == nil else { return nil }
      let message = "Invalid '\(path).audio'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz) but got an invalid value."
      return SchemaViolation(code: "invalid_value", message: message, param: "\(path).audio")
    }
  }
}
