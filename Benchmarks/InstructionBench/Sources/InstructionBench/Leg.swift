import NIOCore
import VoiceCore

/// One end of a session in memory: counts what it is sent, and closes when it is told to.
final class Leg: RealtimeConnection {
  private let eventLoop: any EventLoop
  var delegate: (any RealtimeConnectionDelegate)?
  private(set) var sentMessages = 0
  private(set) var sentBytes = 0
  /// Called at each flush.
  var flushed: (() -> Void)?
  /// Called once the delegate knows that this leg is closed.
  var ended: (() -> Void)?
  let bufferedBytes = 0
  let isWritable = true

  init(on eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  func send(_ message: RealtimeMessage) {
    sentMessages += 1
    sentBytes += message.bytes.readableBytes
  }
  func flush() { flushed?() }
  func setReading(_ enabled: Bool) {}
  func abort() { close(.abnormal) }

  func close(_ closure: WebSocketClosure) {
    guard let last = delegate else { return }
    delegate = nil
    eventLoop.assumeIsolated().execute { [ended] in
      last.closed(closure)
      ended?()
    }
  }

  /// The peer sends one message, which one read brings.
  func receive(_ message: RealtimeMessage) {
    delegate?.received(message)
    delegate?.readCompleted()
  }
}
