import NIOCore

/// A value inside an event that is not decoded: members are looked up where they stand.
///
/// For the dozen control events that the relay reads. Valid inside of ``ByteBuffer/withJSON(_:)`` only.
struct JSONView {
  let bytes: UnsafeRawBufferPointer
  /// Where the value stands, quotation marks and brackets included.
  let range: Range<Int>

  /// The value of the last member of this name, as most parsers take it; nil where this is no object or has none.
  func member(_ name: StaticString) -> JSONView? {
    var found: JSONView?
    forEachMember { key, value in
      if key.count == name.utf8CodeUnitCount, bytes[key].elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: key.count)) {
        found = value
      }
    }
    return found
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
  var integer: Int? { isString ? nil : Int(json) }
  var number: Double? { isString ? nil : Double(json) }
  var bool: Bool? {
    switch json {
    case "true": true
    case "false": false
    default: nil
    }
  }
  /// The text of a key that ``forEachMember(_:)`` gave.
  func text(_ key: Range<Int>) -> String { JSONText.unescaped(bytes, key) ?? "" }
  var isNull: Bool { range.count == 4 && bytes[range.lowerBound] == UInt8(ascii: "n") }
  var isObject: Bool { bytes[range.lowerBound] == UInt8(ascii: "{") }
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
