/// A name and value of a request's query, percent-decoded.
struct QueryItem: Equatable {
  var name: String
  var value: String

  /// All items in order. What cannot be decoded stays as it is written: it is a value that no one has given out.
  static func items(of path: String) -> [QueryItem] {
    guard let mark = path.firstIndex(of: "?") else { return [] }
    let query = path[path.index(after: mark)...].prefix { $0 != "#" }
    return query.split(separator: "&").map { item in
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return QueryItem(name: decoded(parts[0]), value: parts.count == 2 ? decoded(parts[1]) : "")
    }
  }

  private static func decoded(_ text: Substring) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let pair = String(validating: rest.prefix(2), as: UTF8.self), let value = UInt8(pair, radix: 16),
        !pair.hasPrefix("+")
      else { return String(text) }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self) ?? String(text)
  }
}
