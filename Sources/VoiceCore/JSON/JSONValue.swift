/// A JSON value as it was written: numbers keep their digits.
package enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  package var object: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }

  package var array: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The value of a number that is whole and in range, however it is written.
  package var integer: Int? {
    guard case .number(let text) = self else { return nil }
    return Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
  }

  package var boolean: Bool? {
    if case .boolean(let value) = self { value } else { nil }
  }

  /// True if an object in here, at any level, had two members of one name: see ``JSONParser/Limits/takesRepeated``.
  package var repeatsMember: Bool {
    switch self {
    case .null, .boolean, .number, .string: false
    case .array(let elements): elements.contains(where: \.repeatsMember)
    case .object(let object): object.repeatsMember || object.members.contains { $0.value.repeatsMember }
    }
  }

  /// The member of an object; nil where it has none, or this is no object.
  package subscript(name: String) -> JSONValue? { object?[name] }

  /// An array of nothing but strings.
  package var strings: [String]? {
    guard let array else { return nil }
    let strings = array.compactMap(\.string)
    return strings.count == array.count ? strings : nil
  }
}

/// The members of an object, in order, each name once.
package struct JSONObject: Sendable, Equatable {
  package struct Member: Sendable, Equatable {
    package var name: String
    package var value: JSONValue
  }

  package private(set) var members: [Member] = []
  /// Names that the text had more than once, of which the last member is here. Such a text is rejected unless the parser's limits allow it.
  package private(set) var repeatedNames: Set<String> = []
  package var repeatsMember: Bool { !repeatedNames.isEmpty }

  package init() {}

  /// Setting nil removes the member.
  package subscript(name: String) -> JSONValue? {
    get { members.first { $0.name.hasSameBytes(as: name) }?.value }
    set {
      guard let index = members.firstIndex(where: { $0.name.hasSameBytes(as: name) }) else {
        if let newValue { members.append(Member(name: name, value: newValue)) }
        return
      }
      if let newValue { members[index].value = newValue } else { members.remove(at: index) }
    }
  }

  /// Adds a member whose name is known to be new.
  mutating func append(_ value: JSONValue, as name: String) { members.append(Member(name: name, value: value)) }

  /// Puts a value in place of that of the member at `index`.
  mutating func replace(_ value: JSONValue, at index: Int) {
    members[index].value = value
    repeatedNames.insert(members[index].name)
  }

  /// False, with nothing changed, where the name is there already.
  package mutating func add(_ value: JSONValue, as name: String) -> Bool {
    guard self[name] == nil else { return false }
    members.append(Member(name: name, value: value))
    return true
  }
}
