import VoiceCore

/// Sends back what it gets.
final class Echo: RealtimeConnectionDelegate {
  private let connection: any RealtimeConnection

  init(_ connection: any RealtimeConnection) { self.connection = connection }

  func received(_ message: RealtimeMessage) { connection.send(message) }
  func readCompleted() { connection.flush() }
  func writabilityChanged(_ isWritable: Bool) { connection.setReading(isWritable) }
  func closed(_ closure: WebSocketClosure) {}
}
