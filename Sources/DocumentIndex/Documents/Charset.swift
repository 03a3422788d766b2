import Foundation

/// A charset by the names that the WHATWG's Encoding standard gives it, as far as Foundation can read it.
struct Charset {
  private enum Kind {
    /// One byte is one character: a byte that stands for none is replaced, and the others stay.
    case singleByte
    /// Characters of two bytes and more.
    case multiByte
    /// EUC-JP, which Foundation on Linux cannot read: its bytes are those of Shift JIS in another order.
    case eucJP
    /// ISO-2022-JP: all bytes are ASCII, and sequences that begin with an escape tell what they stand for.
    case escaped
  }

  private let encoding: String.Encoding
  private let kind: Kind

  /// Nil for a name that is not known. UTF-8, UTF-16, ASCII, Latin-1 and Windows-1252 are read without their names.
  init?(named name: String) {
    if let known = Self.numbers[name] {
      (encoding, kind) = (Self.encoding(known), .singleByte)
    } else if let known = Self.others[name] {
      (encoding, kind) = (Self.encoding(known), .multiByte)
    } else if ["euc-jp", "x-euc-jp", "eucjp"].contains(name) {
      (encoding, kind) = (Self.encoding(Self.shiftJIS), .eucJP)
    } else if ["iso-2022-jp", "csiso2022jp"].contains(name) {
      (encoding, kind) = (Self.encoding(0x820), .escaped)
    } else {
      return nil
    }
  }

  /// True where its bytes are ASCII, and may be taken for it.
  var isEscaped: Bool { kind == .escaped }

  /// True for names of what ``TextEncoding`` reads by itself.
  static func isPlain(_ name: String) -> Bool {
    ["utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252"]
      .contains(name)
  }

  /// Nil where the bytes are none of this charset.
  func text(of bytes: ArraySlice<UInt8>) -> String? {
    switch kind {
    case .singleByte: singleBytes(bytes)
    case .escaped: decoded(bytes)
    case .multiByte: decoded(bytes) ?? repaired(bytes)
    case .eucJP: Charset(named: "shift_jis")?.text(of: Self.shiftJIS(of: bytes)[...])
    }
  }

  private func decoded(_ bytes: ArraySlice<UInt8>) -> String? { String(data: Data(bytes), encoding: encoding) }

  private func singleBytes(_ bytes: ArraySlice<UInt8>) -> String {
    let upper = (0x80...0xFF).map { decoded([UInt8($0)])?.unicodeScalars.first ?? "\u{FFFD}" }
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(byte < 0x80 ? Unicode.Scalar(byte) : upper[Int(byte) - 0x80]) }
    return String(text)
  }

  /// Text with U+FFFD for what is broken in it; nil unless more characters of several bytes are whole than bytes are broken.
  private func repaired(_ bytes: ArraySlice<UInt8>) -> String? {
    var (whole, broken) = (0, 0)
    var lines: [String] = []
    // A line end is no part of a character in any of these charsets.
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if let read = decoded(line) {
        whole += read.unicodeScalars.count { $0.value > 0x7F }
        lines.append(read)
        continue
      }
      var text = ""
      var rest = line
      while let first = rest.first {
        let length = first < 0x80 ? 1 : [2, 4, 1].first { rest.count >= $0 && decoded(rest.prefix($0)) != nil } ?? 0
        if first >= 0x80 { if length > 0 { whole += 1 } else { broken += 1 } }
        text += length > 0 ? decoded(rest.prefix(length)) ?? "" : "\u{FFFD}"
        rest = rest.dropFirst(max(1, length))
      }
      lines.append(text)
    }
    return whole > broken ? lines.joined(separator: "\n") : nil
  }

  /// EUC-JP as Shift JIS; what that cannot say, JIS X 0212, is two broken bytes.
  private static func shiftJIS(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var rest = bytes
    while let first = rest.popFirst() {
      let isLead = first == 0x8E || (0xA1...0xFE).contains(first)
      guard isLead, let second = rest.first, (0xA1...0xFE).contains(second) else {
        result.append(first < 0x80 ? first : broken)
        continue
      }
      rest.removeFirst()
      // Katakana of half width is the same byte in both.
      guard first != 0x8E else {
        result.append(second)
        continue
      }
      // Two rows of 94 of the one are a row of 188 of the other.
      let (row, cell) = (first - 0xA1, second - 0xA1)
      let place = row % 2 * 94 + cell
      result.append(row / 2 + (row < 62 ? 0x81 : 0xC1))
      result.append(place + (place < 63 ? 0x40 : 0x41))
    }
    return result
  }

  /// A byte that no character of Shift JIS has.
  private static let broken: UInt8 = 0xFF

  private static func encoding(_ number: UInt) -> String.Encoding { String.Encoding(rawValue: 0x8000_0000 | number) }

  /// Core Foundation's numbers of charsets of one byte, by their names.
  private static let numbers: [String: UInt] = {
    // Turkish pages say Latin-5 and mean Windows'; Thai ones say TIS-620 or Latin/Thai and mean Windows' too.
    var numbers: [String: UInt] = ["koi8-r": 0xA02, "koi8": 0xA02, "koi8-u": 0xA08, "macintosh": 0, "latin2": 0x202, "latin5": 0x504]
    for prefix in ["windows-125", "cp125", "x-cp125"] {
      (numbers[prefix + "0"], numbers[prefix + "1"]) = (0x501, 0x502)
      for page in UInt(3)...8 { numbers["\(prefix)\(page)"] = 0x500 + page }
    }
    for prefix in ["iso-8859-", "iso8859-", "iso_8859-"] {
      for part in UInt(2)...16 where part != 12 { numbers["\(prefix)\(part)"] = part == 9 ? 0x504 : 0x200 + part }
    }
    for name in ["tis-620", "windows-874", "dos-874", "iso-8859-11", "iso8859-11"] { numbers[name] = 0x41D }
    return numbers
  }()

  private static let shiftJIS: UInt = 0x420

  /// The same of charsets of two bytes and more.
  private static let others: [String: UInt] = [
    "gb2312": 0x632, "gbk": 0x632, "x-gbk": 0x632, "gb18030": 0x632, "big5": 0xA03, "cn-big5": 0xA03, "euc-kr": 0x422,
    "ks_c_5601-1987": 0x422, "windows-949": 0x422, "shift_jis": shiftJIS, "shift-jis": shiftJIS, "sjis": shiftJIS, "x-sjis": shiftJIS,
    "windows-31j": shiftJIS,
  ]
}
