import VoiceCore

/// What one side of a fixture received.
enum FixtureArrival: Equatable, Sendable {
  case message(RealtimeMessage)
  case closed(WebSocketClosure)
}

/// One side of a fixture: reports what it receives, in order.
final class FixtureSide: RealtimeConnectionDelegate {
  private let continuation: AsyncStream<FixtureArrival>.Continuation
  init(_ continuation: AsyncStream<FixtureArrival>.Continuation) { self.continuation = continuation }

  func received(_ message: RealtimeMessage) { continuation.yield(.message(message)) }
  func readCompleted() {}
  func writabilityChanged(_ isWritable: Bool) {}
  func closed(_ closure: WebSocketClosure) {
    continuation.yield(.closed(closure))
    continuation.finish()
  }
}
