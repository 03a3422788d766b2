/// Packs bits into bytes, the lowest bit first.
struct BitWriter {
  private var bytes: [UInt8]
  private var pending: UInt64 = 0
  private var count = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The lowest `bits` of `value`, at most 16.
  mutating func write(_ value: Int, bits: Int) {
    pending |= UInt64(value) << UInt64(count)
    count += bits
    while count >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      count -= 8
    }
  }

  /// A Huffman code: its highest bit goes first.
  mutating func writeReversed(_ value: Int, bits: Int) {
    var reversed = 0
    for bit in 0..<bits where value >> bit & 1 == 1 { reversed |= 1 << (bits - 1 - bit) }
    write(reversed, bits: bits)
  }

  consuming func finish() -> [UInt8] {
    if count > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
    return bytes
  }
}
