/// Unpredictable masking keys (RFC 6455 section 10.3), taken from the system's randomness a batch at a time.
struct MaskingKeys {
  private var batch: [UInt32] = []
  private var generator = SystemRandomNumberGenerator()

  mutating func next() -> UInt32 {
    if let key = batch.popLast() { return key }
    for _ in 0..<32 {
      let word = generator.next()
      batch.append(UInt32(truncatingIfNeeded: word))
      batch.append(UInt32(truncatingIfNeeded: word >> 32))
    }
    return batch.removeLast()
  }
}
