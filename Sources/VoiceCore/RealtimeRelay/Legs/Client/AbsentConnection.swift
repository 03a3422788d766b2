/// Stands in for a client that dropped and may come back: takes nothing, so that all that is said to it waits.
final class AbsentConnection: RealtimeConnection {
  var bufferedBytes: Int { 0 }
  var isWritable: Bool { false }
  func send(_ message: RealtimeMessage) {}
  func flush() {}
  func setReading(_ enabled: Bool) {}
  func close(_ closure: WebSocketClosure) {}
  func abort() {}
}
