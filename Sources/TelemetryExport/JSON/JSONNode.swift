import VoiceCore

/// A JSON value that is built to be written: members keep their order, numbers their kind.
public indirect enum JSONNode: Sendable, Equatable {
  /// A string.
  case string(String)
  /// A whole number.
  case integer(Int64)
  /// A number; one that is not finite is written as null.
  case number(Double)
  /// A truth value.
  case bool(Bool)
  /// An array.
  case array([JSONNode])
  /// An object, its members in order.
  case object([(String, JSONNode)])
  /// No value.
  case null

  public static func == (left: Self, right: Self) -> Bool { left.text == right.text }

  /// Text of one line, without line feeds.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// UTF-8 text of the tree.
  public var bytes: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }

  private func write(to out: inout [UInt8]) {
    switch self {
    case .string(let text): out += JSONText.quoted(text).utf8
    case .integer(let number): out += String(number).utf8
    case .number(let number): out += number.isFinite ? Array(String(number).utf8) : Array("null".utf8)
    case .bool(let flag): out += flag ? "true".utf8 : "false".utf8
    case .null: out += "null".utf8
    case .array(let values):
      out.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        value.write(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (index, (key, value)) in members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        out += JSONText.quoted(key).utf8
        out.append(UInt8(ascii: ":"))
        value.write(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }
}

extension JSONNode: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral {
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONNode...) { self = .array(elements) }
}

extension JSONNode: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONNode)...) { self = .object(elements) }
}
