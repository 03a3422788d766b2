/// A JSON value as it was written: numbers keep their digits.
enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  var object: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }

  var array: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// An array of nothing but strings.
  var strings: [String]? {
    guard let array else { return nil }
    let strings = array.compactMap(\.string)
    return strings.count == array.count ? strings : nil
  }
}

/// The members of an object, in order, each name once.
struct JSONObject: Sendable, Equatable {
  struct Member: Sendable, Equatable {
    var name: String
    var value: JSONValue
  }

  private(set) var members: [Member] = []

  subscript(name: String) -> JSONValue? {
    members.first { $0.name.hasSameBytes(as: name) }?.value
  }

  /// False, with nothing changed, where the name is there already.
  mutating func add(_ value: JSONValue, as name: String) -> Bool {
    guard self[name] == nil else { return false }
    members.append(Member(name: name, value: value))
    return true
  }
}

extension String {
  /// Names and identifiers are compared by code points, with no normalisation (RFC 7515 section 5.3); `==` would take
  /// the Kelvin sign for a K.
  func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
