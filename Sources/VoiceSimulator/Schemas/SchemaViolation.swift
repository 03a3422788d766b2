import VoiceCore

/// Fault of a client's event, as the `error` event reports it.
struct SchemaViolation: Equatable {
  var code: String?
  var message: String
  var param: String?

  static func missing(_ path: String) -> SchemaViolation {
    SchemaViolation(code: "missing_required_parameter", message: "Missing required parameter: '\(path)'.", param: path)
  }

  static func unknown(_ path: String) -> SchemaViolation {
    SchemaViolation(code: "unknown_parameter", message: "Unknown parameter: '\(path.cut(toBytes: 256))'.", param: path.cut(toBytes: 256))
  }

  static func invalidValue(_ value: String, at path: String, supported: [String]) -> SchemaViolation {
    SchemaViolation(
      code: "invalid_value", message: "Invalid value: '\(value.cut(toBytes: 256))'. Supported values are: \(list(supported)).", param: path)
  }

  static func invalidType(_ value: JSON, at path: String, expected: String) -> SchemaViolation {
    let message = "Invalid type for '\(path)': expected \(expected), but got \(value.kind) instead."
    return SchemaViolation(code: "invalid_type", message: message, param: path)
  }

  /// `'a', 'b', and 'c'`.
  static func list(_ names: [String]) -> String {
    let quoted = names.map { "'\($0)'" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
    return quoted.dropLast().joined(separator: ", ") + (quoted.count > 2 ? "," : "") + " and " + last
  }
}

extension JSON {
  /// Name of the kind in messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .int: "an integer"
    case .double: "a decimal"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
