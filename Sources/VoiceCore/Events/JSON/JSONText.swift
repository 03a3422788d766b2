/// JSON strings, decoded and encoded (RFC 8259 section 7). Only for the few short values that the relay reads or writes.
package enum JSONText {
  /// The text between quotation marks; nil where an escape is bad. Half of a surrogate pair, as of an emoji that was cut in two, is U+FFFD.
  static func unescaped(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String? {
    var units: [UInt8] = []
    units.reserveCapacity(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      guard byte == 0x5C else {
        units.append(byte)
        index += 1
        continue
      }
      guard index + 1 < range.upperBound else { return nil }
      switch bytes[index + 1] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(bytes[index + 1])
      case UInt8(ascii: "b"): units.append(0x08)
      case UInt8(ascii: "f"): units.append(0x0C)
      case UInt8(ascii: "n"): units.append(0x0A)
      case UInt8(ascii: "r"): units.append(0x0D)
      case UInt8(ascii: "t"): units.append(0x09)
      case UInt8(ascii: "u"):
        guard let (scalar, length) = unicodeEscape(bytes, index, range.upperBound) else { return nil }
        units.append(contentsOf: Array(String(Character(scalar)).utf8))
        index += length
        continue
      default: return nil
      }
      index += 2
    }
    return String(decoding: units, as: UTF8.self)
  }

  /// `\uXXXX`, or two of them where the first is a high surrogate.
  private static func unicodeEscape(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ end: Int) -> (Unicode.Scalar, Int)? {
    guard let first = hex(bytes, index + 2, end) else { return nil }
    guard first & 0xFC00 == 0xD800 else { return (Unicode.Scalar(first) ?? "\u{FFFD}", 6) }
    guard index + 7 < end, bytes[index + 6] == 0x5C, bytes[index + 7] == UInt8(ascii: "u"),
      let second = hex(bytes, index + 8, end), second & 0xFC00 == 0xDC00
    else { return ("\u{FFFD}", 6) }
    return Unicode.Scalar(0x10000 + ((first & 0x3FF) << 10) + (second & 0x3FF)).map { ($0, 12) }
  }

  private static func hex(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ end: Int) -> UInt32? {
    guard index + 4 <= end else { return nil }
    var value: UInt32 = 0
    for byte in bytes[index..<(index + 4)] {
      guard let digit = byte.hexadecimalValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// `text` with its quotation marks, ready to stand in JSON.
  ///
  /// - Parameter isHidden: scalars outside of printable ASCII that are escaped beside those that must be.
  package static func quoted(_ text: String, escaping isHidden: (Unicode.Scalar) -> Bool) -> String {
    let quoted = quoted(text)
    // Most texts are ASCII, and a scalar's category is looked up in tables.
    guard !text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }), quoted.unicodeScalars.contains(where: isHidden) else { return quoted }
    return quoted.unicodeScalars.reduce(into: "") { result, scalar in
      guard isHidden(scalar) else { return result.unicodeScalars.append(scalar) }
      for unit in Character(scalar).utf16 {
        let digits = String(unit, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
  }

  /// `text` with its quotation marks, ready to stand in JSON.
  package static func quoted(_ text: String) -> String {
    // Most texts are as they are written, and audio is long.
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else { return "\"\(text)\"" }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 64)
    appendQuoted(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends `text` with its quotation marks. Bytes between two escapes are copied at once.
  package static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
    var text = text
    bytes.append(UInt8(ascii: "\""))
    text.withUTF8 { utf8 in
      var start = 0
      for index in utf8.indices {
        let byte = utf8[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
        bytes.append(contentsOf: utf8[start..<index])
        start = index + 1
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        case 0..<0x20:
          bytes.append(contentsOf: "u00".utf8)
          bytes.append(UInt8(ascii: "0") + byte >> 4)
          bytes.append((byte & 15 < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) + byte & 15)
        default: bytes.append(byte)
        }
      }
      bytes.append(contentsOf: utf8[start...])
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
