/// The first 2 to 14 bytes of a frame (RFC 6455 section 5.2), judged as far as one frame alone can be.
struct WebSocketFrameHeader: Sendable, Equatable {
  var isFinal: Bool
  var opcode: WebSocketOpcode
  var payloadLength: Int
  /// The key's four bytes as they lie in memory; zero when the frame is not masked.
  var maskingKey: UInt32
  /// Length of the header in bytes.
  var length: Int

  /// A client's header with a 64-bit length and a key.
  static let maxLength = 14

  enum Parsing: Equatable {
    case header(WebSocketFrameHeader)
    case incomplete
    case violation(ProtocolViolation)
  }

  /// Reads a header from the front of `bytes`, sent by the peer of `role`. A fault is told from the first bytes that show it.
  @inline(__always)
  static func parse(_ bytes: UnsafeRawBufferPointer, role: WebSocketRole) -> Parsing {
    guard bytes.count >= 1 else { return .incomplete }
    let first = bytes[0]
    if first & 0x70 != 0 { return .violation(.reservedBits) }
    guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { return .violation(.reservedOpcode) }
    let isFinal = first & 0x80 != 0
    if opcode.isControl, !isFinal { return .violation(.fragmentedControl) }
    guard bytes.count >= 2 else { return .incomplete }
    let second = bytes[1]
    let isMasked = second & 0x80 != 0
    switch role {
    case .server: if !isMasked { return .violation(.unmasked) }
    case .client: if isMasked { return .violation(.masked) }
    }
    let short = Int(second & 0x7F)
    if opcode.isControl, short > 125 { return .violation(.longControl) }
    var length = 2
    var payloadLength = short
    if short == 126 {
      guard bytes.count >= 4 else { return .incomplete }
      payloadLength = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
      if payloadLength < 126 { return .violation(.longLength) }
      length = 4
    } else if short == 127 {
      guard bytes.count >= 10 else { return .incomplete }
      let long = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
      if long > UInt64(Int64.max) { return .violation(.hugeLength) }
      if long < 65_536 { return .violation(.longLength) }
      payloadLength = Int(long)
      length = 10
    }
    var key: UInt32 = 0
    if isMasked {
      guard bytes.count >= length + 4 else { return .incomplete }
      key = bytes.loadUnaligned(fromByteOffset: length, as: UInt32.self)
      length += 4
    }
    return .header(
      WebSocketFrameHeader(isFinal: isFinal, opcode: opcode, payloadLength: payloadLength, maskingKey: key, length: length))
  }

  /// Length of the header that a final frame of this many payload bytes needs.
  @inline(__always)
  static func length(payloadLength: Int, role: WebSocketRole) -> Int {
    (payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10) + (role == .client ? 4 : 0)
  }

  /// Writes the header of a final frame to `target`, which has room for ``maxLength`` bytes, and returns its length.
  @inline(__always)
  static func write(
    _ opcode: WebSocketOpcode, payloadLength: Int, maskingKey: UInt32?, to target: UnsafeMutableRawPointer
  ) -> Int {
    target.storeBytes(of: 0x80 | opcode.rawValue, as: UInt8.self)
    let mask: UInt8 = maskingKey == nil ? 0 : 0x80
    var length = 2
    if payloadLength < 126 {
      target.storeBytes(of: mask | UInt8(truncatingIfNeeded: payloadLength), toByteOffset: 1, as: UInt8.self)
    } else if payloadLength < 65_536 {
      target.storeBytes(of: mask | 126, toByteOffset: 1, as: UInt8.self)
      target.storeBytes(of: UInt16(truncatingIfNeeded: payloadLength).bigEndian, toByteOffset: 2, as: UInt16.self)
      length = 4
    } else {
      target.storeBytes(of: mask | 127, toByteOffset: 1, as: UInt8.self)
      target.storeBytes(of: UInt64(payloadLength).bigEndian, toByteOffset: 2, as: UInt64.self)
      length = 10
    }
    if let maskingKey {
      target.storeBytes(of: maskingKey, toByteOffset: length, as: UInt32.self)
      length += 4
    }
    return length
  }
}
