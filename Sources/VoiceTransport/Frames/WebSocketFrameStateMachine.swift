import NIOCore
import VoiceCore

/// Turns the bytes of one direction into whole messages and control frames, and refuses all that RFC 6455 forbids.
///
/// No IO and no clock. It keeps bytes only while a frame or a message is in parts: between messages it holds no buffer.
struct WebSocketFrameStateMachine {
  enum Event: Equatable {
    case message(RealtimeMessage)
    case ping(ByteBuffer)
    case pong
    case close(WebSocketClosure)
    /// Nothing after it can be trusted: the machine takes no more input.
    case violation(ProtocolViolation)
  }

  private enum State {
    /// The next byte begins a header, or continues the one in `partial`.
    case header
    /// `remaining` bytes of this frame's payload are still to come.
    case payload(WebSocketFrameHeader, remaining: Int)
    /// A close frame or a fault came. The end.
    case finished
  }

  private struct Message {
    var isText: Bool
    var fragments: Int
    var utf8 = UTF8Validator()
    var bytes: ByteBuffer
  }

  let role: WebSocketRole
  let maxMessageBytes: Int
  let maxFragments: Int
  private var state = State.header
  private var partial = PartialHeader()
  /// The message whose last frame has not ended.
  private var message: Message?
  /// Fragments after a message's first, since they were last taken.
  private var continuations = 0
  /// The payload of a control frame that came in parts.
  private var control: ByteBuffer?

  init(role: WebSocketRole, maxMessageBytes: Int, maxFragments: Int) {
    self.role = role
    self.maxMessageBytes = maxMessageBytes
    self.maxFragments = maxFragments
  }

  /// Takes bytes from the front of `input` up to the end of the next event; `nil` when `input` is used up first.
  mutating func next(from input: inout ByteBuffer) -> Event? {
    while true {
      switch state {
      case .header:
        guard input.readableBytes > 0 else { return nil }
        switch readHeader(from: &input) {
        case .incomplete: return nil
        case .violation(let violation): return fail(violation)
        case .header(let header):
          if let violation = begin(header) { return fail(violation) }
          if input.readableBytes >= header.payloadLength, header.isFinal, message == nil, !header.opcode.isControl {
            return wholeMessage(header, from: &input)
          }
          state = .payload(header, remaining: header.payloadLength)
        }
      case .payload(let header, let remaining):
        if remaining > 0, input.readableBytes == 0 { return nil }
        let count = min(remaining, input.readableBytes)
        if let violation = take(count, of: header, remaining: remaining, from: &input) { return fail(violation) }
        if count < remaining {
          state = .payload(header, remaining: remaining - count)
          return nil
        }
        state = .header
        if let event = end(header) { return event }
      case .finished:
        input.moveReaderIndex(to: input.writerIndex)
        return nil
      }
    }
  }

  /// Number of fragments after a message's first that have come since the last call.
  mutating func takeContinuations() -> Int {
    defer { continuations = 0 }
    return continuations
  }

  private mutating func fail(_ violation: ProtocolViolation) -> Event {
    state = .finished
    message = nil
    control = nil
    return .violation(violation)
  }

  @inline(__always)
  private mutating func readHeader(from input: inout ByteBuffer) -> WebSocketFrameHeader.Parsing {
    if partial.count == 0 {
      let parsing = input.withUnsafeReadableBytes { WebSocketFrameHeader.parse($0, role: role) }
      if case .header(let header) = parsing {
        input.moveReaderIndex(forwardBy: header.length)
        return parsing
      }
      if case .violation = parsing { return parsing }
    }
    let (taken, parsing) = input.withUnsafeReadableBytes { partial.append($0, role: role) }
    input.moveReaderIndex(forwardBy: taken)
    return parsing
  }

  /// Checks a header before its payload: order of frames and size of the message.
  @inline(__always)
  private mutating func begin(_ header: WebSocketFrameHeader) -> ProtocolViolation? {
    switch header.opcode {
    case .close, .ping, .pong: return nil
    case .continuation:
      guard let message else { return .strayContinuation }
      if header.payloadLength > maxMessageBytes - (message.bytes.readableBytes) { return .tooLarge }
      if message.fragments >= maxFragments { return .tooManyFragments }
      self.message?.fragments += 1
      continuations += 1
      return nil
    case .text, .binary:
      if message != nil { return .interleaved }
      return header.payloadLength > maxMessageBytes ? .tooLarge : nil
    }
  }
}

// MARK: - Payloads

extension WebSocketFrameStateMachine {
  /// The fast path: a message in one frame in one read.
  @inline(__always)
  private mutating func wholeMessage(_ header: WebSocketFrameHeader, from input: inout ByteBuffer) -> Event {
    let count = header.payloadLength
    let isText = header.opcode == .text
    var bytes: ByteBuffer
    var isASCII = false
    switch role {
    case .server:
      bytes = Self.buffer(capacity: count)
      isASCII = input.withUnsafeReadableBytes { source in
        var ascii = false
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
          guard let base = target.baseAddress else { return 0 }
          ascii = WebSocketMask.copy(UnsafeRawBufferPointer(rebasing: source[..<count]), to: base, key: header.maskingKey)
          return count
        }
        return ascii
      }
    case .client:
      // The frame's header stays before it: the next leg may send both as they lie.
      bytes = Self.view(of: input, count: count, header: header.length)
    }
    input.moveReaderIndex(forwardBy: count)
    if isText, !isASCII {
      var validator = UTF8Validator()
      let isValid = bytes.withUnsafeReadableBytes { validator.accept($0) }
      guard isValid, validator.isComplete else { return fail(.invalidUTF8) }
    }
    return .message(RealtimeMessage(bytes, isText: isText))
  }

  /// Takes `count` bytes of a frame that is part of something larger.
  private mutating func take(
    _ count: Int, of header: WebSocketFrameHeader, remaining: Int, from input: inout ByteBuffer
  ) -> ProtocolViolation? {
    let key = WebSocketMask.rotate(header.maskingKey, by: header.payloadLength - remaining)
    if header.opcode.isControl {
      var payload = control.take() ?? ByteBuffer()
      Self.append(count, of: &input, to: &payload, key: key)
      control = payload
      return nil
    }
    var message = self.message.take() ?? Message(isText: header.opcode == .text, fragments: 1, bytes: Self.buffer(capacity: count))
    Self.append(count, of: &input, to: &message.bytes, key: key)
    var isValid = true
    if message.isText {
      var utf8 = message.utf8
      isValid = message.bytes.withUnsafeReadableBytes { bytes in
        utf8.accept(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - count)...]))
      }
      message.utf8 = utf8
    }
    self.message = message
    return isValid ? nil : .invalidUTF8
  }

  /// Returns the message or control frame that the end of a frame completes.
  private mutating func end(_ header: WebSocketFrameHeader) -> Event? {
    switch header.opcode {
    case .continuation, .text, .binary:
      guard header.isFinal, let whole = message.take() else { return nil }
      if whole.isText, !whole.utf8.isComplete { return fail(.invalidUTF8) }
      return .message(RealtimeMessage(whole.bytes, isText: whole.isText))
    case .ping: return .ping(control.take() ?? ByteBuffer())
    case .pong:
      control = nil
      return .pong
    case .close:
      let payload = control.take() ?? ByteBuffer()
      switch ClosePayload.parse(payload) {
      case .success(let closure):
        state = .finished
        message = nil
        return .close(closure)
      case .failure(let violation): return fail(violation)
      }
    }
  }

  /// The first bytes of `input` and the header before them: a view of the read buffer, or a copy where a short message would
  /// keep a much larger buffer alive for as long as it is queued.
  @inline(__always)
  private static func view(of input: ByteBuffer, count: Int, header: Int) -> ByteBuffer {
    var view = input
    let header = min(header, input.readerIndex)  // its beginning may have come with an earlier read
    view.moveReaderIndex(to: input.readerIndex - header)
    view.moveWriterIndex(to: input.readerIndex + count)
    if (header + count) * 4 < input.storageCapacity {
      var copy = ByteBufferAllocator().buffer(capacity: header + count)
      copy.writeImmutableBuffer(view)
      view = copy
    }
    view.moveReaderIndex(forwardBy: header)
    return view
  }

  /// A buffer whose contents begin behind room for a header.
  private static func buffer(capacity: Int) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: WebSocketFrameHeader.maxLength + capacity)
    buffer.moveWriterIndex(to: WebSocketFrameHeader.maxLength)
    buffer.moveReaderIndex(to: WebSocketFrameHeader.maxLength)
    return buffer
  }

  private static func append(_ count: Int, of input: inout ByteBuffer, to target: inout ByteBuffer, key: UInt32) {
    guard count > 0 else { return }
    input.withUnsafeReadableBytes { source in
      _ = target.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { room in
        guard let base = room.baseAddress else { return 0 }
        _ = WebSocketMask.copy(UnsafeRawBufferPointer(rebasing: source[..<count]), to: base, key: key)
        return count
      }
    }
    input.moveReaderIndex(forwardBy: count)
  }
}
