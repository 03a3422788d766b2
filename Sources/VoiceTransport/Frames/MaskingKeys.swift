#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Unpredictable masking keys (RFC 6455 section 10.3), taken from the system's randomness a batch at a time.
struct MaskingKeys {
  private static let batchCount = 32

  private var batch: [UInt32] = []
  private let fill: (UnsafeMutableRawBufferPointer) -> Void

  /// `fill` overwrites a whole buffer with random bytes.
  init(fill: @escaping (UnsafeMutableRawBufferPointer) -> Void = Self.systemRandomness) { self.fill = fill }

  mutating func next() -> UInt32 {
    if let key = batch.popLast() { return key }
    batch = [UInt32](repeating: 0, count: Self.batchCount)
    batch.withUnsafeMutableBytes(fill)
    return batch.removeLast()
  }

  /// One system call for the batch; the standard library's generator would make one for each word.
  private static func systemRandomness(_ buffer: UnsafeMutableRawBufferPointer) {
    #if canImport(Glibc) || canImport(Musl)
      if let base = buffer.baseAddress, getentropy(base, buffer.count) == 0 { return }
    #endif
    var generator = SystemRandomNumberGenerator()
    for index in buffer.indices { buffer[index] = UInt8.random(in: .min ... .max, using: &generator) }
  }
}
