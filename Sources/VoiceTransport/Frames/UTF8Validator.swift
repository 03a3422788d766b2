/// Checks UTF-8 as it arrives, in pieces of any size, and fails at the first byte that no continuation can mend
/// (RFC 3629; RFC 6455 section 8.1).
struct UTF8Validator: Sendable, Equatable {
  /// Continuation bytes still owed by the character that has begun.
  private var owed: UInt8 = 0
  /// Lowest value of the next continuation byte.
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  /// True if the text may end here.
  var isComplete: Bool { owed == 0 }

  /// Takes the next bytes; false once the text is broken.
  mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    let count = bytes.count
    var at = 0
    while at < count {
      if owed == 0 {
        at = Self.skipASCII(base, from: at, to: count)
        if at == count { return true }
      }
      let byte = (base + at).load(as: UInt8.self)
      at &+= 1
      if owed > 0 {
        guard byte >= lowest, byte <= highest else { return false }
        owed &-= 1
        lowest = 0x80
        highest = 0xBF
      } else {
        guard begin(byte) else { return false }
      }
    }
    return true
  }

  /// Takes the first byte of a character that is not ASCII.
  private mutating func begin(_ byte: UInt8) -> Bool {
    switch byte {
    case 0xC2...0xDF: owed = 1
    case 0xE0: (owed, lowest) = (2, 0xA0)
    case 0xED: (owed, highest) = (2, 0x9F)
    case 0xE1...0xEF: owed = 2
    case 0xF0: (owed, lowest) = (3, 0x90)
    case 0xF1...0xF3: owed = 3
    case 0xF4: (owed, highest) = (3, 0x8F)
    default: return false
    }
    return true
  }

  /// The first place at or after `start` that is not ASCII.
  @inline(__always)
  private static func skipASCII(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    var at = start
    while end &- at >= 64 {
      let word = (base + at).loadUnaligned(as: SIMD8<UInt64>.self)
      let half = word.lowHalf | word.highHalf
      let quarter = half.lowHalf | half.highHalf
      if (quarter[0] | quarter[1]) & 0x8080_8080_8080_8080 != 0 { break }
      at &+= 64
    }
    while end &- at >= 8, (base + at).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0 { at &+= 8 }
    while at < end, (base + at).load(as: UInt8.self) < 0x80 { at &+= 1 }
    return at
  }
}
