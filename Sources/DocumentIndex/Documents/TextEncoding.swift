import Foundation

/// Bytes of a file as text: UTF-8, UTF-16 and UTF-32 by their byte order mark, UTF-16 without one where it makes text, else Windows-1252.
enum TextEncoding {
  /// Nil where the bytes are no text.
  /// - Parameter charset: what the bytes are where they are neither UTF-8 nor UTF-16; Windows-1252 if nil.
  static func text(of data: Data, charset: Charset? = nil) -> String? {
    let bytes = [UInt8](data)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return utf8(bytes[3...]) ?? windows1252(bytes[3...]) }
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
      return String(data: data, encoding: .utf32)
    }
    if bytes.starts(with: [0xFF, 0xFE]) { return utf16(bytes[2...], isBigEndian: false) }
    if bytes.starts(with: [0xFE, 0xFF]) { return utf16(bytes[2...], isBigEndian: true) }
    guard bytes.prefix(4_096).contains(0) else {
      return utf8(bytes[...]) ?? charset?.text(of: bytes[...]) ?? windows1252(bytes[...])
    }
    return unmarkedUTF16(bytes) ?? paddedUTF8(bytes)
  }

  /// An HTML document's text, by the charset that it declares, and that charset's name where it is not known: the text is a guess then.
  static func html(_ data: Data) -> (text: String, unknown: String?)? {
    let name = HTMLCharset.declared(in: data)
    let charset = name.flatMap(Charset.init)
    guard let text = text(of: data, charset: charset) else { return nil }
    guard let name, charset == nil, !Charset.isPlain(name), utf8([UInt8](data)[...]) == nil else { return (text, nil) }
    return (text, name)
  }

  private static func utf8(_ bytes: ArraySlice<UInt8>) -> String? { String(validating: bytes, as: UTF8.self) }

  private static func utf16(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) -> String {
    var units: [UInt16] = []
    var index = bytes.startIndex
    while index + 1 < bytes.endIndex {
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      units.append(isBigEndian ? first << 8 | second : second << 8 | first)
      index += 2
    }
    return String(decoding: units, as: UTF16.self)
  }

  /// UTF-16 without a mark, in the order of bytes that its zeros tell. Nil where that makes no text.
  private static func unmarkedUTF16(_ bytes: [UInt8]) -> String? {
    guard bytes.count.isMultiple(of: 2) else { return nil }
    let sample = bytes.prefix(4_096)
    // Blanks, line ends and Latin letters have their zero on the same side.
    let zeros = sample.indices.count { sample[$0] == 0 && $0.isMultiple(of: 2) }
    let isBigEndian = 2 * zeros > sample.count { $0 == 0 }
    return isText(utf16(sample, isBigEndian: isBigEndian)) ? utf16(bytes[...], isBigEndian: isBigEndian) : nil
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
  private static func paddedUTF8(_ bytes: [UInt8]) -> String? {
    guard bytes.count(where: { $0 == 0 }) * 16 < bytes.count else { return nil }
    return utf8(bytes.map { $0 == 0 ? 0x20 : $0 }[...])
  }

  /// The WHATWG's table of 0x80 to 0x9F; all others are as in Latin-1.
  private static let windows: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D, 0x8F, 0x90, 0x2018,
    0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
  ]

  private static func windows1252(_ bytes: ArraySlice<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes {
      let value = (0x80...0x9F).contains(byte) ? windows[Int(byte) - 0x80] : UInt32(byte)
      text.append(Unicode.Scalar(value) ?? " ")
    }
    return String(text)
  }
}
