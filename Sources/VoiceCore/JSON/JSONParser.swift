/// Strict JSON (RFC 8259): one value, valid UTF-8, no duplicate member at any level, bounded depth and width.
package struct JSONParser {
  /// Reason for rejecting a text.
  package struct Fault: Error, Equatable {
    package var message: String
  }

  /// Bounds of one text.
  package struct Limits: Sendable {
    /// Objects and arrays within one another.
    package var depth: Int
    /// Members of one object.
    package var members: Int
    /// Lenient mode of most providers: the last of two members of one name counts, and half of a surrogate pair is U+FFFD.
    package var isLenient: Bool
    /// The last of two members of one name counts, and their object says so: see ``JSONValue/repeatsMember``.
    package var takesRepeated: Bool

    package init(depth: Int = 16, members: Int = 128, isLenient: Bool = false, takesRepeated: Bool = false) {
      self.depth = depth
      self.members = members
      self.isLenient = isLenient
      self.takesRepeated = takesRepeated || isLenient
    }
  }

  private let bytes: [UInt8]
  private let limits: Limits
  private var index = 0

  private init(_ bytes: [UInt8], _ limits: Limits) {
    self.bytes = bytes
    self.limits = limits
  }

  package static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(Fault) -> JSONValue {
    var parser = JSONParser(bytes, limits)
    let value = try parser.value(depth: 0)
    parser.skipWhitespace()
    guard parser.index == bytes.count else { throw Fault(message: "trailing data") }
    return value
  }

  /// Parses a text that must be an object.
  package static func parseObject(_ bytes: [UInt8], limits: Limits = Limits()) throws(Fault) -> JSONObject {
    guard let object = try parse(bytes, limits: limits).object else { throw Fault(message: "not an object") }
    return object
  }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipWhitespace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private mutating func value(depth: Int) throws(Fault) -> JSONValue {
    guard depth < limits.depth else { throw Fault(message: "nested too deeply") }
    skipWhitespace()
    switch next {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .boolean(true))
    case UInt8(ascii: "f"): return try literal("false", .boolean(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(Fault) -> JSONValue {
    let end = index + text.utf8CodeUnitCount
    guard end <= bytes.count, bytes[index..<end].elementsEqual(text.description.utf8) else { throw Fault(message: "not a value") }
    index = end
    return value
  }

  private mutating func object(depth: Int) throws(Fault) -> JSONObject {
    index += 1
    var object = JSONObject()
    var names = Names()
    skipWhitespace()
    if next == UInt8(ascii: "}") {
      index += 1
      return object
    }
    while true {
      skipWhitespace()
      guard next == UInt8(ascii: "\"") else { throw Fault(message: "a member without a name") }
      let name = try string()
      skipWhitespace()
      guard next == UInt8(ascii: ":") else { throw Fault(message: "a member without a value") }
      index += 1
      if let place = names.place(of: name) {
        guard limits.takesRepeated else { throw Fault(message: "a duplicate member") }
        object.replace(try value(depth: depth + 1), at: place)
      } else {
        object.append(try value(depth: depth + 1), as: name)
      }
      guard object.members.count <= limits.members else { throw Fault(message: "too many members") }
      skipWhitespace()
      if next == UInt8(ascii: "}") {
        index += 1
        return object
      }
      guard next == UInt8(ascii: ",") else { throw Fault(message: "an object without an end") }
      index += 1
    }
  }

  /// The names of one object in their order, compared by bytes.
  private struct Names {
    private var few: [String] = []
    private var many: [[UInt8]: Int] = [:]

    /// The place of a name that is there already; otherwise nil, and it is there from now on.
    mutating func place(of name: String) -> Int? {
      if few.count == 16, many.isEmpty {
        for (index, name) in few.enumerated() { many[Array(name.utf8)] = index }
      }
      guard many.isEmpty else {
        let bytes = Array(name.utf8)
        if let place = many[bytes] { return place }
        many[bytes] = many.count
        return nil
      }
      if let place = few.firstIndex(where: name.hasSameBytes) { return place }
      few.append(name)
      return nil
    }
  }

  private mutating func array(depth: Int) throws(Fault) -> [JSONValue] {
    index += 1
    var array: [JSONValue] = []
    skipWhitespace()
    if next == UInt8(ascii: "]") {
      index += 1
      return array
    }
    while true {
      array.append(try value(depth: depth + 1))
      skipWhitespace()
      if next == UInt8(ascii: "]") {
        index += 1
        return array
      }
      guard next == UInt8(ascii: ",") else { throw Fault(message: "an array without an end") }
      index += 1
    }
  }

  private mutating func number() throws(Fault) -> String {
    let start = index
    if next == UInt8(ascii: "-") { index += 1 }
    if next == UInt8(ascii: "0") { index += 1 } else { try digits() }
    if next == UInt8(ascii: ".") {
      index += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      index += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
      try digits()
    }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private mutating func digits() throws(Fault) {
    let start = index
    while let byte = next, (0x30...0x39).contains(byte) { index += 1 }
    guard index > start else { throw Fault(message: "not a value") }
  }

  private mutating func string() throws(Fault) -> String {
    index += 1
    let start = index
    var bits: UInt8 = 0
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      guard byte >= 0x20 else { throw Fault(message: "a control character in a string") }
      bits |= byte
      index += 1
    }
    // Without an escape the bytes are the text.
    if next == UInt8(ascii: "\"") {
      index += 1
      let text = bytes[start..<index - 1]
      // ASCII is UTF-8 as it stands, and to validate costs more than to copy.
      return bits < 0x80 ? String(decoding: text, as: UTF8.self) : try Self.string(of: text)
    }
    var text = Array(bytes[start..<index])
    while let byte = next {
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return try Self.string(of: text[...])
      case UInt8(ascii: "\\"): try escape(into: &text)
      default:
        guard byte >= 0x20 else { throw Fault(message: "a control character in a string") }
        text.append(byte)
      }
    }
    throw Fault(message: "a string without an end")
  }

  private static func string(of text: ArraySlice<UInt8>) throws(Fault) -> String {
    guard let string = String(validating: text, as: UTF8.self) else { throw Fault(message: "not UTF-8") }
    return string
  }

  private mutating func escape(into text: inout [UInt8]) throws(Fault) {
    guard let byte = next else { throw Fault(message: "a string without an end") }
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: Character(try scalar()).utf8)
    default: throw Fault(message: "an unknown escape")
    }
  }

  private mutating func scalar() throws(Fault) -> Unicode.Scalar {
    let high = try codeUnit()
    if let scalar = Unicode.Scalar(high) { return scalar }
    let start = index
    guard (0xD800..<0xDC00).contains(high), bytes[index...].starts(with: "\\u".utf8) else { return try half() }
    index += 2
    let low = try codeUnit()
    guard (0xDC00..<0xE000).contains(low) else {
      index = start
      return try half()
    }
    guard let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) else {
      preconditionFailure("a surrogate pair is a scalar")
    }
    return scalar
  }

  private func half() throws(Fault) -> Unicode.Scalar {
    guard limits.isLenient else { throw Fault(message: "half a surrogate pair") }
    return "\u{FFFD}"
  }

  private mutating func codeUnit() throws(Fault) -> UInt32 {
    guard index + 4 <= bytes.count else { throw Fault(message: "a string without an end") }
    var unit: UInt32 = 0
    for byte in bytes[index..<index + 4] {
      guard let digit = byte.hexadecimalValue else { throw Fault(message: "an unknown escape") }
      unit = unit << 4 | UInt32(digit)
    }
    index += 4
    return unit
  }
}
