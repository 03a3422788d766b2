/// The bytes of a frame header that a read cut in two, held without a buffer.
struct PartialHeader {
  private var storage: (UInt64, UInt64) = (0, 0)
  private(set) var count = 0

  /// Adds bytes from the front of `bytes` until the header is whole, then empties itself. `taken` tells how many it used.
  mutating func append(
    _ bytes: UnsafeRawBufferPointer, role: WebSocketRole
  ) -> (taken: Int, parsing: WebSocketFrameHeader.Parsing) {
    var taken = 0
    while taken < bytes.count {
      let byte = bytes[taken]
      withUnsafeMutableBytes(of: &storage) { $0[count] = byte }
      count += 1
      taken += 1
      let parsing = withUnsafeBytes(of: storage) { WebSocketFrameHeader.parse(UnsafeRawBufferPointer(rebasing: $0[..<count]), role: role) }
      if parsing == .incomplete { continue }
      count = 0
      return (taken, parsing)
    }
    return (taken, .incomplete)
  }
}
