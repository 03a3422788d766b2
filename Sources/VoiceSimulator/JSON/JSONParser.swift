import NIOCore

/// Reads JSON (RFC 8259), strictly, up to 64 levels deep. The last of two members of one name counts.
struct JSONParser {
  private let bytes: UnsafeRawBufferPointer
  private var index = 0
  private static let maxDepth = 64

  /// Nil where the text is not one whole JSON value.
  static func parse(_ buffer: ByteBuffer) -> JSON? { buffer.withUnsafeReadableBytes { parse($0) } }

  static func parse(_ text: String) -> JSON? { Array(text.utf8).withUnsafeBytes { parse($0) } }

  private static func parse(_ bytes: UnsafeRawBufferPointer) -> JSON? {
    var parser = JSONParser(bytes: bytes)
    guard let value = parser.value(depth: 0) else { return nil }
    parser.skipWhitespace()
    return parser.index == bytes.count ? value : nil
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

  private mutating func skipWhitespace() {
    while [0x20, 0x09, 0x0A, 0x0D].contains(current) { index += 1 }
  }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }

  private mutating func take(_ word: StaticString) -> Bool {
    guard bytes.count - index >= word.utf8CodeUnitCount,
      bytes[index..<(index + word.utf8CodeUnitCount)].elementsEqual(
        UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    else { return false }
    index += word.utf8CodeUnitCount
    return true
  }

  private mutating func value(depth: Int) -> JSON? {
    guard depth < Self.maxDepth else { return nil }
    skipWhitespace()
    switch current {
    case UInt8(ascii: "{"): return object(depth: depth)
    case UInt8(ascii: "["): return array(depth: depth)
    case UInt8(ascii: "\""): return string().map { .string($0) }
    case UInt8(ascii: "t"): return take("true") ? true : nil
    case UInt8(ascii: "f"): return take("false") ? false : nil
    case UInt8(ascii: "n"): return take("null") ? .null : nil
    default: return number()
    }
  }

  private mutating func object(depth: Int) -> JSON? {
    index += 1
    var members: [(String, JSON)] = []
    skipWhitespace()
    if take("}" as Unicode.Scalar) { return [:] }
    repeat {
      skipWhitespace()
      guard let name = string() else { return nil }
      skipWhitespace()
      guard take(":" as Unicode.Scalar), let value = value(depth: depth + 1) else { return nil }
      members.append((name, value))
      skipWhitespace()
    } while take("," as Unicode.Scalar)
    return take("}" as Unicode.Scalar) ? .object(JSONObject(members)) : nil
  }

  private mutating func array(depth: Int) -> JSON? {
    index += 1
    var elements: [JSON] = []
    skipWhitespace()
    if take("]" as Unicode.Scalar) { return [] }
    repeat {
      guard let value = value(depth: depth + 1) else { return nil }
      elements.append(value)
      skipWhitespace()
    } while take("," as Unicode.Scalar)
    return take("]" as Unicode.Scalar) ? .array(elements) : nil
  }

  /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
  private mutating func number() -> JSON? {
    let start = index
    _ = take("-" as Unicode.Scalar)
    if !take("0" as Unicode.Scalar) { guard digits() > 0 else { return nil } }
    var isWhole = true
    if take("." as Unicode.Scalar) {
      isWhole = false
      guard digits() > 0 else { return nil }
    }
    if take("e" as Unicode.Scalar) || take("E" as Unicode.Scalar) {
      isWhole = false
      if !take("+" as Unicode.Scalar) { _ = take("-" as Unicode.Scalar) }
      guard digits() > 0 else { return nil }
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if isWhole, let value = Int(text) { return .int(value) }
    return Double(text).flatMap { $0.isFinite ? .double($0) : nil }
  }

  private mutating func digits() -> Int {
    let start = index
    while (0x30...0x39).contains(current) { index += 1 }
    return index - start
  }

  private mutating func string() -> String? {
    guard take("\"" as Unicode.Scalar) else { return nil }
    var units: [UInt8] = []
    while index < bytes.count {
      let run = index
      while index < bytes.count, bytes[index] != 0x22, bytes[index] != 0x5C, bytes[index] >= 0x20 { index += 1 }
      units.append(contentsOf: bytes[run..<index])
      if take("\"" as Unicode.Scalar) { return String(decoding: units, as: UTF8.self) }
      guard take("\\" as Unicode.Scalar), escape(into: &units) else { return nil }
    }
    return nil
  }

  private mutating func escape(into units: inout [UInt8]) -> Bool {
    let letter = current
    index += 1
    switch letter {
    case 0x22, 0x5C, 0x2F: units.append(letter)
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "u"):
      guard var code = hexadecimal() else { return false }
      if code & 0xFC00 == 0xD800, take("\\u") {
        guard let low = hexadecimal() else { return false }
        code = low & 0xFC00 == 0xDC00 ? 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF : 0xFFFD
      }
      // Half a pair stands for no character.
      units.append(contentsOf: Array(String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8))
    default: return false
    }
    return true
  }

  private mutating func hexadecimal() -> UInt32? {
    guard bytes.count - index >= 4 else { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(current)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }
}
