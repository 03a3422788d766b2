import NIOCore
import VoiceCore

extension WebSocketConnection {
  var bufferedBytes: Int { isSecure ? channelBufferedBytes + unflushedBytes : channelBufferedBytes }

  /// Bytes buffered by the channel.
  var channelBufferedBytes: Int { (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

  func send(_ message: RealtimeMessage) {
    guard ending.isOpen else { return }
    write(message.isText ? .text : .binary, message.bytes)
  }

  func flush() {
    guard needsFlush, let context else { return }
    needsFlush = false
    unflushedBytes = 0
    context.flush()
  }

  func setReading(_ enabled: Bool) {
    guard enabled != isReading, enabled || ending.isOpen, let context else { return }
    isReading = enabled
    try? context.channel.syncOptions?.setOption(.autoRead, value: enabled)
  }

  func close(_ closure: WebSocketClosure) { perform(ending.closeRequested(closure)) }

  func abort() { perform(ending.dropped()) }

  /// Writes bytes that are no frame: the answer to the handshake.
  func write(raw bytes: ByteBuffer) {
    needsFlush = true
    queuedBytes += bytes.readableBytes
    unflushedBytes += bytes.readableBytes
    context?.write(wrapOutboundOut(bytes), promise: nil)
  }

  /// Queues one final frame.
  func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
    guard let context else { return }
    needsFlush = true
    let count = payload.readableBytes
    let length = WebSocketFrameHeader.length(payloadLength: count, role: role)
    queuedBytes += length + count
    unflushedBytes += length + count
    switch role {
    case .client:
      let key = keys.next()
      var frame = ByteBufferAllocator().buffer(capacity: WebSocketFrameHeader.maxLength + count)
      payload.withUnsafeReadableBytes { source in
        _ = frame.writeWithUnsafeMutableBytes(minimumWritableBytes: WebSocketFrameHeader.maxLength + count) { room in
          guard let base = room.baseAddress else { return 0 }
          let length = WebSocketFrameHeader.write(opcode, payloadLength: count, maskingKey: key, to: base)
          _ = WebSocketMask.copy(source, to: base + length, key: key)
          return length + count
        }
      }
      context.write(wrapOutboundOut(frame), promise: nil)
    case .server:
      var header: (UInt64, UInt64) = (0, 0)
      withUnsafeMutableBytes(of: &header) {
        guard let base = $0.baseAddress else { return }
        _ = WebSocketFrameHeader.write(opcode, payloadLength: count, maskingKey: nil, to: base)
      }
      if let frame = Self.frame(payload, precededBy: header, length: length) {
        context.write(wrapOutboundOut(frame), promise: nil)
        return
      }
      if count <= Self.copyLimit {
        var frame = ByteBufferAllocator().buffer(capacity: length + count)
        _ = withUnsafeBytes(of: header) { frame.writeBytes(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
        frame.writeImmutableBuffer(payload)
        context.write(wrapOutboundOut(frame), promise: nil)
      } else {
        var head = ByteBufferAllocator().buffer(capacity: length)
        _ = withUnsafeBytes(of: header) { head.writeBytes(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
        context.write(wrapOutboundOut(head), promise: nil)
        context.write(wrapOutboundOut(payload), promise: nil)
      }
    }
  }

  /// Up to here a copy behind the header costs less than a second buffer in the write.
  private static let copyLimit = 16_384

  /// A payload that a server sent lies behind the very header that it needs again: the view only has to begin earlier.
  @inline(__always)
  private static func frame(_ payload: ByteBuffer, precededBy header: (UInt64, UInt64), length: Int) -> ByteBuffer? {
    guard payload.readerIndex >= length else { return nil }
    var frame = payload
    frame.moveReaderIndex(to: payload.readerIndex - length)
    let isSame = frame.withUnsafeReadableBytes { bytes in
      withUnsafeBytes(of: header) { wanted in
        for index in 0..<length where bytes[index] != wanted[index] { return false }
        return true
      }
    }
    return isSame ? frame : nil
  }
}
