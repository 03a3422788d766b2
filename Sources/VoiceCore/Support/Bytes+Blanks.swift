extension BidirectionalCollection<UInt8> {
  /// The text without the spaces and tabs around it, the optional whitespace of RFC 9110 section 5.6.3. By bytes: the headers of every
  /// request go through here.
  package var withoutOuterBlanks: String {
    let isText: (UInt8) -> Bool = { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    guard let first = firstIndex(where: isText), let last = lastIndex(where: isText) else { return "" }
    return String(decoding: self[first...last], as: UTF8.self)
  }
}
