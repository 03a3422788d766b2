import Foundation

/// Bytes of a file as text: UTF-8, UTF-16 and UTF-32 by their byte order mark, UTF-16 without one where it makes text, else Windows-1252.
///
/// UTF-8 in which a byte is broken stays UTF-8, with U+FFFD in the place of that byte.
enum TextEncoding {
  /// Nil where the bytes are no text.
  /// - Parameter charset: what the bytes are where they are neither UTF-8 nor UTF-16; Windows-1252 if nil.
  static func text(of data: Data, charset: Charset? = nil) -> DecodedText? {
    let bytes = [UInt8](data)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return utf8(bytes[3...], isCertain: true) }
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
      return String(data: data, encoding: .utf32).map { DecodedText(text: $0) }
    }
    if bytes.starts(with: [0xFF, 0xFE]) { return utf16(bytes[2...], isBigEndian: false) }
    if bytes.starts(with: [0xFE, 0xFF]) { return utf16(bytes[2...], isBigEndian: true) }
    // All of its bytes are ASCII, which tells nothing.
    if let charset, charset.isEscaped, bytes.contains(0x1B), let text = text(of: bytes[...], charset) { return text }
    guard bytes.prefix(4_096).contains(0) else {
      return utf8(bytes[...]) ?? charset.flatMap { text(of: bytes[...], $0) } ?? windows1252(bytes[...])
    }
    return unmarkedUTF16(bytes) ?? paddedUTF8(bytes)
  }

  /// An HTML document's text, by the charset that it declares.
  static func html(_ data: Data) -> DecodedText? {
    let name = HTMLCharset.declared(in: data)
    let charset = name.flatMap(Charset.init)
    guard var read = text(of: data, charset: charset) else { return nil }
    if let name, charset == nil, !Charset.isPlain(name), utf8([UInt8](data)[...]) == nil { read.unknownCharset = name }
    return read
  }

  /// Text with U+FFFD for what is broken in it; nil unless it is certain that it is UTF-8, or more characters of several bytes are whole than
  /// bytes are broken.
  private static func utf8(_ bytes: ArraySlice<UInt8>, isCertain: Bool = false) -> DecodedText? {
    if let text = String(validating: bytes, as: UTF8.self) { return DecodedText(text: text) }
    let (whole, broken) = count(bytes, as: UTF8.self)
    return isCertain || whole > broken ? DecodedText(text: String(decoding: bytes, as: UTF8.self), brokenBytes: broken) : nil
  }

  /// Characters of several units that are whole, and units that are of none.
  private static func count<Encoding: Unicode.Encoding>(
    _ units: some Sequence<Encoding.CodeUnit>, as encoding: Encoding.Type
  ) -> (whole: Int, broken: Int) {
    var (whole, broken) = (0, 0)
    var parser = Encoding.ForwardParser()
    var rest = units.makeIterator()
    while true {
      switch parser.parseScalar(from: &rest) {
      case .valid(let character): if character.count > 1 { whole += 1 }
      case .error(let length): broken += length
      case .emptyInput: return (whole, broken)
      }
    }
  }

  private static func text(of bytes: ArraySlice<UInt8>, _ charset: Charset) -> DecodedText? {
    charset.text(of: bytes).map { text in DecodedText(text: text, brokenBytes: text.unicodeScalars.count { $0 == "\u{FFFD}" }) }
  }

  private static func utf16(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) -> DecodedText {
    var units: [UInt16] = []
    var index = bytes.startIndex
    while index + 1 < bytes.endIndex {
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      units.append(isBigEndian ? first << 8 | second : second << 8 | first)
      index += 2
    }
    return DecodedText(text: String(decoding: units, as: UTF16.self), brokenBytes: 2 * count(units, as: UTF16.self).broken)
  }

  /// UTF-16 without a mark, in the order of bytes that its zeros tell. Nil where that makes no text.
  private static func unmarkedUTF16(_ bytes: [UInt8]) -> DecodedText? {
    guard bytes.count.isMultiple(of: 2) else { return nil }
    let sample = bytes.prefix(4_096)
    // Blanks, line ends and Latin letters have their zero on the same side.
    let zeros = sample.indices.count { sample[$0] == 0 && $0.isMultiple(of: 2) }
    let isBigEndian = 2 * zeros > sample.count { $0 == 0 }
    return isText(utf16(sample, isBigEndian: isBigEndian).text) ? utf16(bytes[...], isBigEndian: isBigEndian) : nil
  }

  /// Bytes of a program or a picture make controls, halves of pairs and characters that do not exist.
  private static func isText(_ text: String) -> Bool {
    text.unicodeScalars.dropLast().allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .unassigned, .privateUse: false
      case .control: (0x9...0xD).contains(scalar.value)
      default: scalar != "\u{FFFD}"
      }
    }
  }

  /// UTF-8 with a few zeros in it, as fields of a fixed length leave them.
  private static func paddedUTF8(_ bytes: [UInt8]) -> DecodedText? {
    guard bytes.count(where: { $0 == 0 }) * 16 < bytes.count else { return nil }
    return String(validating: bytes.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self).map { DecodedText(text: $0) }
  }

  /// The WHATWG's table of 0x80 to 0x9F; all others are as in Latin-1.
  private static let windows: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D, 0x8F, 0x90, 0x2018,
    0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
  ]

  /// Character of a number as the web reads it: 0x80 to 0x9F are of Windows-1252, what no character has is U+FFFD.
  static func character(_ number: UInt32) -> Unicode.Scalar {
    let value = (0x80...0x9F).contains(number) ? windows[Int(number) - 0x80] : number
    return value == 0 ? "\u{FFFD}" : Unicode.Scalar(value) ?? "\u{FFFD}"
  }

  private static func windows1252(_ bytes: ArraySlice<UInt8>) -> DecodedText {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(character(UInt32(byte))) }
    return DecodedText(text: String(text))
  }
}
