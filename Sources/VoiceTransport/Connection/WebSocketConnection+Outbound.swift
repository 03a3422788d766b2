import NIOCore
import VoiceCore

extension WebSocketConnection {
  var bufferedBytes: Int { channelBufferedBytes + (isSecure ? unflushedBytes : single?.payload.readableBytes ?? 0) }

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
    if let single = single.take(), sendDirectly(single.opcode, single.payload, in: context) { return }
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
    count(bytes.readableBytes)
    writeToChannel(bytes)
  }

  /// Queues one final frame. The first one since a flush waits for a second one, and goes alone if none comes.
  func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
    guard context != nil else { return }
    let canGoAlone = !needsFlush && direct != nil && isChannelEmpty
    count(WebSocketFrameHeader.length(payloadLength: payload.readableBytes, role: role) + payload.readableBytes)
    if canGoAlone {
      single = (opcode, payload)
    } else {
      if let first = single.take() { writeToChannel(first.opcode, first.payload) }
      writeToChannel(opcode, payload)
    }
  }

  private func count(_ bytes: Int) {
    needsFlush = true
    queuedBytes += bytes
    unflushedBytes += bytes
  }

  // MARK: Past the channel

  /// True if nothing that was written before waits in the channel.
  private var isChannelEmpty: Bool {
    if channelMayHoldBytes { channelMayHoldBytes = channelBufferedBytes > 0 }
    return !channelMayHoldBytes
  }

  /// Sends a frame past the channel, which is empty. Returns false if some of it is left, and is now the channel's to send.
  private func sendDirectly(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, in context: ChannelHandlerContext) -> Bool {
    let key = role == .client ? keys.next() : nil
    let sent = direct?.send(opcode, payload, maskingKey: key) ?? 0
    if sent == WebSocketFrameHeader.length(payloadLength: payload.readableBytes, role: role) + payload.readableBytes { return true }
    var rest = Self.frame(opcode, payload, maskingKey: key)
    rest.moveReaderIndex(forwardBy: sent)
    writeToChannel(rest)
    return false
  }

  // MARK: By the channel

  private func writeToChannel(_ bytes: ByteBuffer) {
    channelMayHoldBytes = true
    context?.write(wrapOutboundOut(bytes), promise: nil)
  }

  private func writeToChannel(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
    guard role == .server else { return writeToChannel(Self.frame(opcode, payload, maskingKey: keys.next())) }
    if let frame = Self.frame(preceding: payload, opcode) { return writeToChannel(frame) }
    guard payload.readableBytes > Self.copyLimit else { return writeToChannel(Self.frame(opcode, payload, maskingKey: nil)) }
    var header = ByteBufferAllocator().buffer(capacity: WebSocketFrameHeader.maxLength)
    Self.write(opcode, payloadLength: payload.readableBytes, maskingKey: nil, to: &header)
    writeToChannel(header)
    writeToChannel(payload)
  }

  /// Up to here a copy behind the header costs less than a second buffer in the write.
  private static let copyLimit = 16_384

  /// A frame in a buffer of its own.
  private static func frame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, maskingKey: UInt32?) -> ByteBuffer {
    let count = payload.readableBytes
    var frame = ByteBufferAllocator().buffer(capacity: WebSocketFrameHeader.maxLength + count)
    write(opcode, payloadLength: count, maskingKey: maskingKey, to: &frame)
    guard let maskingKey else {
      frame.writeImmutableBuffer(payload)
      return frame
    }
    payload.withUnsafeReadableBytes { source in
      _ = frame.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { room in
        guard let base = room.baseAddress else { return 0 }
        _ = WebSocketMask.copy(source, to: base, key: maskingKey)
        return count
      }
    }
    return frame
  }

  private static func write(_ opcode: WebSocketOpcode, payloadLength: Int, maskingKey: UInt32?, to buffer: inout ByteBuffer) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: WebSocketFrameHeader.maxLength) { room in
      guard let base = room.baseAddress else { return 0 }
      return WebSocketFrameHeader.write(opcode, payloadLength: payloadLength, maskingKey: maskingKey, to: base)
    }
  }

  /// A payload that a server sent lies behind the very header that it needs again: the view only has to begin earlier.
  @inline(__always)
  private static func frame(preceding payload: ByteBuffer, _ opcode: WebSocketOpcode) -> ByteBuffer? {
    let length = WebSocketFrameHeader.length(payloadLength: payload.readableBytes, role: .server)
    guard payload.readerIndex >= length else { return nil }
    var header: (UInt64, UInt64) = (0, 0)
    var frame = payload
    frame.moveReaderIndex(to: payload.readerIndex - length)
    let isSame = withUnsafeMutableBytes(of: &header) { wanted in
      guard let base = wanted.baseAddress else { return false }
      _ = WebSocketFrameHeader.write(opcode, payloadLength: payload.readableBytes, maskingKey: nil, to: base)
      return frame.withUnsafeReadableBytes { bytes in
        for index in 0..<length where bytes[index] != wanted[index] { return false }
        return true
      }
    }
    return isSame ? frame : nil
  }
}
