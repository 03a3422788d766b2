import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A value inside an event that is not decoded: members are looked up where they stand.
///
/// Used for the dozen control events that the relay reads. Valid inside of ``ByteBuffer/withJSON(_:)`` only.
struct JSONView {
  let bytes: UnsafeRawBufferPointer
  /// Range of the value, quotation marks and brackets included.
  let range: Range<Int>

  /// The value of the last member of this name, as most parsers take it; nil where this is no object or has none.
  func member(_ name: StaticString) -> JSONView? {
    var found: JSONView?
    forEachMember { key, value in
      if isKey(key, name) { found = value }
    }
    return found
  }

  /// Returns true if a key, as it stands between its quotation marks, names `name`, with or without escapes.
  func isKey(_ key: Range<Int>, _ name: StaticString) -> Bool {
    let count = name.utf8CodeUnitCount
    if key.count == count { return bytes.baseAddress.map { memcmp($0 + key.lowerBound, name.utf8Start, count) == 0 } ?? false }
    // Escapes make a key longer: six bytes at the most for each letter.
    guard key.count > count, key.count <= 6 * count, bytes[key].contains(0x5C) else { return false }
    return JSONText.unescaped(bytes, key) == "\(name)"
  }

  /// Walks the members of an object; `key` stands between its quotation marks.
  func forEachMember(_ body: (_ key: Range<Int>, _ value: JSONView) -> Void) {
    var walker = JSONWalker(bytes, from: range.lowerBound)
    guard walker.take(UInt8(ascii: "{")) else { return }
    repeat {
      walker.skipWhitespace()
      guard let key = walker.skipString() else { return }
      walker.skipWhitespace()
      guard walker.take(UInt8(ascii: ":")) else { return }
      walker.skipWhitespace()
      guard let value = walker.skipValue() else { return }
      body(key, JSONView(bytes: bytes, range: value))
      walker.skipWhitespace()
    } while walker.take(UInt8(ascii: ","))
  }

  /// The elements of an array.
  var elements: [JSONView] {
    var result: [JSONView] = []
    var walker = JSONWalker(bytes, from: range.lowerBound)
    guard walker.take(UInt8(ascii: "[")) else { return result }
    repeat {
      walker.skipWhitespace()
      guard let value = walker.skipValue() else { return result }
      result.append(JSONView(bytes: bytes, range: value))
      walker.skipWhitespace()
    } while walker.take(UInt8(ascii: ","))
    return result
  }

  private var isString: Bool { bytes[range.lowerBound] == UInt8(ascii: "\"") }

  /// The text of a string, escapes decoded.
  var string: String? {
    isString ? JSONText.unescaped(bytes, (range.lowerBound + 1)..<(range.upperBound - 1)) : nil
  }
  /// A JSON number within ±2⁵³, clamped; nil where this is no number. `nan` and `inf` are none.
  var number: Double? {
    guard range.count <= Self.longestNumber else {
      return isNumber ? (bytes[range.lowerBound] == UInt8(ascii: "-") ? -1 : 1) * Self.largest : nil
    }
    guard isNumber, let value = Double(json), !value.isNaN else { return nil }
    return min(max(value, -Self.largest), Self.largest)
  }
  /// ``number``, cut to a whole one.
  var integer: Int? { number.map { Int($0) } }
  /// A count, such as one of tokens: negative ones are 0, and more than a billion is a billion.
  var count: Int? { number.map { Int(min(max($0, 0), 1e9)) } }
  /// ``count``, also of a number that stands in a string, as some servers write what they bill.
  var amount: Int? { count ?? string.flatMap { $0.count <= 15 ? Int($0) : nil }.map { min(max($0, 0), 1_000_000_000) } }
  /// A length of time in seconds, from 0 to a day.
  var seconds: Double? { number.map { min(max($0, 0), 86_400) } }

  /// Every integer up to here is exact as a `Double`.
  private static let largest = 9_007_199_254_740_992.0
  private static let longestNumber = 64

  /// Returns true if it begins as JSON's numbers do and has only their characters.
  private var isNumber: Bool {
    let first = bytes[range.lowerBound]
    let digit = first == UInt8(ascii: "-") && range.count > 1 ? bytes[range.lowerBound + 1] : first
    return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit)
      && bytes[range].allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e")
          || $0 == UInt8(ascii: "E")
          || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
      }
  }
  var bool: Bool? {
    switch json {
    case "true": true
    case "false": false
    default: nil
    }
  }
  /// The text of a key that ``forEachMember(_:)`` gave.
  func text(_ key: Range<Int>) -> String { JSONText.unescaped(bytes, key) ?? rawText(key) }
  /// The same as it stands between its quotation marks.
  func rawText(_ key: Range<Int>) -> String { String(decoding: bytes[key], as: UTF8.self) }
  var isNull: Bool { range.count == 4 && bytes[range.lowerBound] == UInt8(ascii: "n") }
  var isObject: Bool { bytes[range.lowerBound] == UInt8(ascii: "{") }
  var isArray: Bool { bytes[range.lowerBound] == UInt8(ascii: "[") }
  /// The value as it stands.
  var json: String { String(decoding: bytes[range], as: UTF8.self) }
}

extension ByteBuffer {
  /// Looks into the event that this buffer holds; nil where it is no JSON object.
  func withJSON<Result>(_ body: (JSONView) -> Result?) -> Result? {
    withUnsafeReadableBytes { bytes in
      var walker = JSONWalker(bytes)
      walker.skipWhitespace()
      guard walker.current == UInt8(ascii: "{"), let range = walker.skipValue() else { return nil }
      return body(JSONView(bytes: bytes, range: range))
    }
  }
}
