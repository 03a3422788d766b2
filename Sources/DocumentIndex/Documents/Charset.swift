import Foundation

/// A charset by the names that the WHATWG's Encoding standard gives it, as far as Foundation can read it.
struct Charset {
  private let encoding: String.Encoding
  /// One byte is one character: a byte that stands for none is replaced, and the others stay.
  private let isSingleByte: Bool

  /// Nil for a name that is not known. UTF-8, UTF-16, ASCII, Latin-1 and Windows-1252 are read without their names.
  init?(named name: String) {
    guard let known = Self.numbers[name] ?? Self.others[name] else { return nil }
    encoding = String.Encoding(rawValue: 0x8000_0000 | known)
    isSingleByte = Self.others[name] == nil
  }

  /// True for names of what ``TextEncoding`` reads by itself.
  static func isPlain(_ name: String) -> Bool {
    ["utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252"]
      .contains(name)
  }

  /// Nil where the bytes are none of this charset.
  func text(of bytes: ArraySlice<UInt8>) -> String? {
    guard isSingleByte else { return String(data: Data(bytes), encoding: encoding) }
    let upper = (0x80...0xFF).map { String(data: Data([UInt8($0)]), encoding: encoding)?.unicodeScalars.first ?? "\u{FFFD}" }
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(byte < 0x80 ? Unicode.Scalar(byte) : upper[Int(byte) - 0x80]) }
    return String(text)
  }

  /// Core Foundation's numbers of charsets of one byte, by their names.
  private static let numbers: [String: UInt] = {
    // Turkish pages say Latin-5 and mean Windows'.
    var numbers: [String: UInt] = ["koi8-r": 0xA02, "koi8": 0xA02, "koi8-u": 0xA08, "macintosh": 0, "latin2": 0x202, "latin5": 0x504]
    for prefix in ["windows-125", "cp125", "x-cp125"] {
      (numbers[prefix + "0"], numbers[prefix + "1"]) = (0x501, 0x502)
      for page in UInt(3)...8 { numbers["\(prefix)\(page)"] = 0x500 + page }
    }
    for prefix in ["iso-8859-", "iso8859-", "iso_8859-"] {
      for part in UInt(2)...16 where part != 12 { numbers["\(prefix)\(part)"] = part == 9 ? 0x504 : 0x200 + part }
    }
    return numbers
  }()

  /// The same of charsets of two bytes and more.
  private static let others: [String: UInt] = [
    "gb2312": 0x632, "gbk": 0x632, "gb18030": 0x632, "big5": 0xA03, "euc-kr": 0x422, "ks_c_5601-1987": 0x422, "shift_jis": 0x420,
    "shift-jis": 0x420, "sjis": 0x420, "windows-31j": 0x420,
  ]
}
