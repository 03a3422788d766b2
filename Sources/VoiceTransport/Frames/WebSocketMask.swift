/// The XOR of RFC 6455 section 5.3, over raw memory: the one place with unchecked loops beside ``UTF8Validator``.
enum WebSocketMask {
  /// Copies `source` to `target` under `key`, whose first byte meets the first byte of `source`.
  /// Returns all resulting bytes OR-ed together (in lanes): no top bit means that they are all ASCII.
  @inline(__always)
  static func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer, key: UInt32) -> Bool {
    guard var from = source.baseAddress else { return true }
    var to = target
    var left = source.count
    let wide = UInt64(key) | UInt64(key) << 32
    var seen: UInt64 = 0
    if left >= 64 {
      let mask = SIMD8<UInt64>(repeating: wide)
      var lanes = SIMD8<UInt64>(repeating: 0)
      repeat {
        let word = from.loadUnaligned(as: SIMD8<UInt64>.self) ^ mask
        lanes |= word
        to.storeBytes(of: word, as: SIMD8<UInt64>.self)
        from += 64
        to += 64
        left &-= 64
      } while left >= 64
      let half = lanes.lowHalf | lanes.highHalf
      let quarter = half.lowHalf | half.highHalf
      seen = quarter[0] | quarter[1]
    }
    while left >= 8 {
      let word = from.loadUnaligned(as: UInt64.self) ^ wide
      seen |= word
      to.storeBytes(of: word, as: UInt64.self)
      from += 8
      to += 8
      left &-= 8
    }
    var rest = wide.littleEndian
    while left > 0 {
      let byte = from.load(as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest)
      seen |= UInt64(byte)
      to.storeBytes(of: byte, as: UInt8.self)
      rest >>= 8
      from += 1
      to += 1
      left &-= 1
    }
    return seen & 0x8080_8080_8080_8080 == 0
  }

  /// The key as it stands after `count` bytes.
  @inline(__always)
  static func rotate(_ key: UInt32, by count: Int) -> UInt32 {
    let shift = UInt32(truncatingIfNeeded: count & 3) &* 8
    let value = key.littleEndian
    return shift == 0 ? key : UInt32(littleEndian: value >> shift | value << (32 &- shift))
  }
}
