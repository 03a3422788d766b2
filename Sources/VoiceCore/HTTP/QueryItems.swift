/// The items of a request's query, read as browsers write them: `+` is a space, and `%` begins an escape (URL Standard, section 5.1).
///
/// Never printed: tokens are among them.
package struct QueryItems: Sendable, Equatable {
  package struct Item: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  /// Items in order, those with an empty value included.
  package let items: [Item]

  /// Takes a request's path with its query; without one there are no items.
  package init(path: String) {
    let bytes = path.utf8
    guard let mark = bytes.firstIndex(of: UInt8(ascii: "?")) else {
      items = []
      return
    }
    let query = bytes[bytes.index(after: mark)...].prefix { $0 != UInt8(ascii: "#") }
    items = query.split(separator: UInt8(ascii: "&")).map { item in
      let parts = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      return Item(name: PercentCoding.decoded(parts[0]), value: parts.count > 1 ? PercentCoding.decoded(parts[1]) : "")
    }
  }

  /// The first value of this name that is not empty.
  package subscript(name: String) -> String? { items.first { $0.name.hasSameBytes(as: name) && !$0.value.isEmpty }?.value }

  /// All values of this name that are not empty.
  package func all(_ name: String) -> [String] {
    items.filter { $0.name.hasSameBytes(as: name) && !$0.value.isEmpty }.map(\.value)
  }
}
