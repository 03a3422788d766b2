import NIOCore
import VoiceCore

/// Sends back what it gets, and reports the end of the case.
final class CaseEcho: RealtimeConnectionDelegate {
  private let connection: any RealtimeConnection
  private let ended: EventLoopPromise<String>
  private var last = ""

  init(_ connection: any RealtimeConnection, ended: EventLoopPromise<String>) {
    self.connection = connection
    self.ended = ended
  }

  func received(_ message: RealtimeMessage) {
    if message.isText, message.bytes.readableBytes < 16 { last = String(buffer: message.bytes) }
    connection.send(message)
  }

  func readCompleted() { connection.flush() }
  func writabilityChanged(_ isWritable: Bool) { connection.setReading(isWritable) }
  func closed(_ closure: WebSocketClosure) { ended.succeed(last) }
}
