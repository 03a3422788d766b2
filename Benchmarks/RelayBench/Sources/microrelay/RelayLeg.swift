import VoiceCore

/// Forwards what its own connection receives.
final class RelayLeg: RealtimeConnectionDelegate {
  private let own: any RealtimeConnection
  var other: (any RealtimeConnection)?

  init(own: any RealtimeConnection) { self.own = own }

  func received(_ message: RealtimeMessage) { other?.send(message) }
  func readCompleted() { other?.flush() }
  func writabilityChanged(_ isWritable: Bool) { other?.setReading(isWritable) }
  func closed(_ closure: WebSocketClosure) {
    other?.close(closure)
    other = nil
  }
}
