import NIOCore
import VoiceCore

/// Keeps what a connection tells, for a test that runs on its event loop.
final class RecordingDelegate: RealtimeConnectionDelegate {
  var messages: [RealtimeMessage] = []
  var readsCompleted = 0
  var otherFrames: [Int] = []
  var writability: [Bool] = []
  var closures: [WebSocketClosure] = []
  var failures: [WebSocketClosure] = []
  /// Called when the peer breaks the protocol.
  var onFailure: () -> Void = {}
  /// Called for every message, to answer it.
  var onMessage: (RealtimeMessage) -> Void = { _ in }

  var texts: [String] { messages.map { String(buffer: $0.bytes) } }

  func received(_ message: RealtimeMessage) {
    messages.append(message)
    onMessage(message)
  }
  func received(otherFrames count: Int) { otherFrames.append(count) }
  func readCompleted() { readsCompleted += 1 }
  func writabilityChanged(_ isWritable: Bool) { writability.append(isWritable) }
  func peerFailed(_ closure: WebSocketClosure) {
    failures.append(closure)
    onFailure()
  }
  func closed(_ closure: WebSocketClosure) { closures.append(closure) }
}
