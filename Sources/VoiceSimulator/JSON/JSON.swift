/// A JSON value that remembers the order of its members, so that what is echoed looks as it came and a seed decides every byte.
indirect enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)

  /// A member of an object; nil where there is none, or this is no object. Writing makes the object.
  subscript(_ name: String) -> JSON? {
    get { if case .object(let members) = self { members[name] } else { nil } }
    set {
      var members: JSONObject = [:]
      if case .object(let present) = self { members = present }
      members[name] = newValue
      self = .object(members)
    }
  }

  var string: String? { if case .string(let value) = self { value } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
  var isNull: Bool { if case .null = self { true } else { false } }
  /// Nil for `null`, as for a member that is not there.
  var nonNull: JSON? { isNull ? nil : self }

  /// A whole number, whichever way it was written.
  var int: Int? {
    switch self {
    case .int(let value): value
    case .double(let value): Int(exactly: value)
    case .null, .bool, .string, .array, .object: nil
    }
  }

  var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    case .null, .bool, .string, .array, .object: nil
    }
  }

  /// Bytes of all strings in the value.
  var stringBytes: Int {
    switch self {
    case .string(let text): text.utf8.count
    case .array(let elements): elements.reduce(0) { $0 + $1.stringBytes }
    case .object(let object): object.members.reduce(0) { $0 + $1.name.utf8.count + $1.value.stringBytes }
    case .null, .bool, .int, .double: 0
    }
  }

  /// Nil becomes `null`.
  static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  init(stringLiteral value: String) { self = .string(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(integerLiteral value: Int) { self = .int(value) }
  init(floatLiteral value: Double) { self = .double(value) }
}

extension JSON: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  init(arrayLiteral elements: JSON...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
}
