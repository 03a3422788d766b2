import NIOCore
public import VoiceCore

/// One leg of a session without a network: the test plays the peer.
public final class InMemoryConnection: RealtimeConnection {
  /// Delegate that messages are delivered to.
  public var delegate: (any RealtimeConnectionDelegate)?
  /// Messages that were sent and flushed, oldest first.
  public private(set) var sent: [RealtimeMessage] = []
  /// False while reads are paused.
  public private(set) var isReading = true
  /// Close frame that this side sent.
  public private(set) var closedWith: WebSocketClosure?
  /// True after an abort.
  public private(set) var wasAborted = false
  /// Messages that were sent and not yet flushed.
  private var unflushed: [RealtimeMessage] = []
  /// Called with what each flush sends.
  var flushed: (([RealtimeMessage]) -> Void)?
  /// Stands in for the network's watermark; see ``setWritable(_:)``.
  public private(set) var isWritable = true
  public var bufferedBytes: Int { unflushed.reduce(0) { $0 + $1.bytes.readableBytes } }

  /// Creates a connection that is open.
  public init() {}

  /// Texts of all messages that were sent.
  public var sentText: [String] { sent.map { String(buffer: $0.bytes) } }

  public func send(_ message: RealtimeMessage) { unflushed.append(message) }

  public func flush() {
    let messages = unflushed
    sent += messages
    unflushed = []
    if !messages.isEmpty { flushed?(messages) }
  }

  public func setReading(_ enabled: Bool) { isReading = enabled }

  public func close(_ closure: WebSocketClosure) {
    guard closedWith == nil, !wasAborted else { return }
    flush()
    closedWith = closure
  }

  /// Tells the delegate at once, as a connection of a network does.
  public func abort() {
    guard !wasAborted else { return }
    wasAborted = true
    peerCloses(.abnormal)
  }

  /// Takes what was sent and flushed, so that a long run does not keep it.
  public func takeSent() -> [RealtimeMessage] {
    defer { sent = [] }
    return sent
  }

  // MARK: The peer

  /// The peer sends messages that one read brings.
  public func receive(_ texts: String...) {
    for text in texts { delegate?.received(RealtimeMessage(ByteBuffer(string: text))) }
    delegate?.readCompleted()
  }

  /// Delivers a binary message.
  public func receiveBinary(_ bytes: [UInt8]) {
    delegate?.received(RealtimeMessage(ByteBuffer(bytes: bytes), isText: false))
    delegate?.readCompleted()
  }

  /// The peer closes, answers a close, or is lost (`WebSocketClosure.abnormal`).
  public func peerCloses(_ closure: WebSocketClosure = WebSocketClosure(code: 1000)) {
    let last = delegate
    delegate = nil
    last?.closed(closure)
  }

  /// The peer breaks the protocol, or a limit.
  public func peerFails(_ closure: WebSocketClosure) {
    delegate?.peerFailed(closure)
    peerCloses(closedWith ?? closure)
  }

  /// The peer stops or starts taking what is sent.
  public func setWritable(_ writable: Bool) {
    isWritable = writable
    delegate?.writabilityChanged(writable)
  }
}
