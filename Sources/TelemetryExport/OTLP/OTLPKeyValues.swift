import Foundation
public import HTTPTypes

/// Pairs as OpenTelemetry's variables hold them, `key1=value1,key2=value2` with percent-encoded values (W3C Baggage without properties).
public enum OTLPKeyValues {
  /// Nil where a part is no pair.
  public static func parse(_ text: String) -> [(name: String, value: String)]? {
    var pairs: [(name: String, value: String)] = []
    for part in text.utf8.split(separator: UInt8(ascii: ",")) {
      let pair = trimmed(part)
      if pair.isEmpty { continue }
      guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), equals > pair.startIndex,
        let name = decoded(trimmed(pair[..<equals])), let value = decoded(trimmed(pair[pair.index(after: equals)...])), !name.isEmpty
      else { return nil }
      pairs.append((name, value))
    }
    return pairs
  }

  /// Header fields; nil if a part is no pair, or a name is not one of a header field.
  public static func headers(_ text: String) -> HTTPFields? {
    guard let pairs = parse(text) else { return nil }
    var fields = HTTPFields()
    for (name, value) in pairs {
      guard let name = HTTPField.Name(name), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
      fields.append(HTTPField(name: name, value: value))
    }
    return fields
  }

  private static func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
    var bytes = bytes
    while bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    return bytes
  }

  private static func decoded(_ bytes: Substring.UTF8View) -> String? { String(Substring(bytes)).removingPercentEncoding }
}
