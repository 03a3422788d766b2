import NIOCore
import VoiceCore
import VoiceTransport

/// One end of a connection in memory: what is flushed here is received at the other end, on the next tick of the same event loop.
///
/// Keeps the manners of a WebSocket: whole messages in order, back pressure while the other end does not read, a close that follows
/// what was sent before it, and nothing after the end.
final class LoopbackConnection: RealtimeConnection {
  /// Bytes on their way that make an end unwritable, and the mark below which it is writable again.
  private static let highWatermark = 65_536
  private static let lowWatermark = 32_768

  var delegate: (any RealtimeConnectionDelegate)?
  private let eventLoop: any EventLoop
  /// The other end; it is let go at the end, so that the pair is freed.
  private var peer: LoopbackConnection?
  /// Sent here and not flushed.
  private var unflushed: [RealtimeMessage] = []
  /// Flushed by the peer and not received here.
  private var inbox: [RealtimeMessage] = []
  private var unflushedBytes = 0
  private var inboxBytes = 0
  /// The peer's close, which follows its messages.
  private var closing: WebSocketClosure?
  private var isReading = true
  private var isScheduled = false
  private var isClosing = false
  private var isOver = false
  private(set) var isWritable = true

  private init(on eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// Two ends of one connection, to be used on `eventLoop` alone.
  static func pair(on eventLoop: any EventLoop) -> (LoopbackConnection, LoopbackConnection) {
    let (left, right) = (LoopbackConnection(on: eventLoop), LoopbackConnection(on: eventLoop))
    (left.peer, right.peer) = (right, left)
    return (left, right)
  }

  var bufferedBytes: Int { unflushedBytes + (peer?.inboxBytes ?? 0) }

  func send(_ message: RealtimeMessage) {
    guard !isClosing, !isOver else { return }
    unflushed.append(message)
    unflushedBytes += message.bytes.readableBytes
    judgeWritability()
  }

  func flush() {
    guard let peer, !unflushed.isEmpty else { return }
    peer.inbox += unflushed
    peer.inboxBytes += unflushedBytes
    unflushed = []
    unflushedBytes = 0
    peer.schedule()
  }

  func setReading(_ enabled: Bool) {
    isReading = enabled
    if enabled { schedule() }
  }

  func close(_ closure: WebSocketClosure) {
    guard !isClosing, !isOver else { return }
    flush()
    isClosing = true
    // A close is read whatever waits before it: a peer that stopped reading still gets it.
    peer?.closing = peer?.closing ?? closure
    peer?.schedule()
  }

  func abort() { end(own: .abnormal, peers: .abnormal) }

  // MARK: Delivery

  private func schedule() {
    guard !isScheduled, !isOver else { return }
    isScheduled = true
    eventLoop.assumeIsolated().execute { self.deliver() }
  }

  private func deliver() {
    isScheduled = false
    guard !isOver else { return }
    if isReading || closing != nil, !inbox.isEmpty {
      let messages = inbox
      inbox = []
      inboxBytes = 0
      for message in messages where !isOver { delegate?.received(message) }
      if !isOver { delegate?.readCompleted() }
      peer?.judgeWritability()
    }
    if let closing, inbox.isEmpty, !isOver { end(own: closing, peers: closing) }
  }

  private func end(own: WebSocketClosure, peers: WebSocketClosure) {
    guard !isOver else { return }
    let other = peer
    finish(own)
    other?.finish(peers)
  }

  /// The delegate learns of the end on the next tick, never within a call of its own.
  private func finish(_ closure: WebSocketClosure) {
    guard !isOver else { return }
    isOver = true
    peer = nil
    inbox = []
    eventLoop.assumeIsolated().execute {
      let last = self.delegate
      self.delegate = nil
      last?.closed(closure)
    }
  }

  private func judgeWritability() {
    let writable = isWritable ? bufferedBytes < Self.highWatermark : bufferedBytes <= Self.lowWatermark
    guard writable != isWritable, !isOver else { return }
    isWritable = writable
    eventLoop.assumeIsolated().execute { if !self.isOver { self.delegate?.writabilityChanged(writable) } }
  }
}

extension LoopbackConnection: ResettableConnection {
  /// Resets the connection; without a network that is a loss like any other.
  func reset() { abort() }
}
