#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Walks JSON text (RFC 8259) by its bytes: finds where values begin and end, and decodes nothing.
///
/// Structure is checked as far as a relay needs it (quotation marks, brackets that close, commas and colons at the top);
/// what stands inside of numbers and nested values is the receiver's to judge.
struct JSONWalker {
  let bytes: UnsafeRawBufferPointer
  private(set) var position: Int
  /// The deepest nesting of the values that were stepped over; a value that is no object or array has none.
  private(set) var deepest = 0
  /// Commas of the objects and arrays that were stepped over.
  private(set) var commas = 0

  init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  var isAtEnd: Bool { position == bytes.count }

  /// The byte here, 0 at the end.
  var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

  mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  /// Steps over `byte`, if it stands here.
  mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// Steps over a string and answers what stands between its quotation marks; nil when it does not end, or none begins.
  ///
  /// Searches the closing mark with `memchr`. A mark is escaped when an odd number of backslashes stands before it; each
  /// run of backslashes is counted once, so the walk stays linear.
  mutating func skipString() -> Range<Int>? {
    guard take(UInt8(ascii: "\"")), let base = bytes.baseAddress else { return nil }
    let start = position
    while position < bytes.count, let found = memchr(base + position, 0x22, bytes.count - position) {
      let mark = UnsafeRawPointer(found) - base
      var first = mark
      while first > start, bytes[first - 1] == 0x5C { first -= 1 }
      position = mark + 1
      if (mark - first).isMultiple(of: 2) { return start..<mark }
    }
    return nil
  }

  /// Steps over any value and answers where it stands; nil when it does not end, or none begins.
  mutating func skipValue() -> Range<Int>? {
    let start = position
    switch current {
    case UInt8(ascii: "\""): guard skipString() != nil else { return nil }
    case UInt8(ascii: "{"), UInt8(ascii: "["): guard skipNested() else { return nil }
    default: guard skipScalar() else { return nil }
    }
    return start..<position
  }

  private mutating func skipNested() -> Bool {
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        guard skipString() != nil else { return false }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        if depth > deepest { deepest = depth }
      case UInt8(ascii: ","): commas += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      position += 1
      if depth == 0 { return true }
    }
    return false
  }

  /// A number, `true`, `false` or `null`: a run of their letters.
  private mutating func skipScalar() -> Bool {
    let start = position
    scan: while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"), UInt8(ascii: "+"),
        UInt8(ascii: "-"), UInt8(ascii: "."):
        position += 1
      default: break scan
      }
    }
    return position > start
  }
}
