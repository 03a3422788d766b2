import NIOCore

/// A connection that lives on another event loop: what is sent goes there in one hop a flush.
///
/// Used for a client that came back to a session that was kept warm; every other session has both legs on one loop.
final class RemoteConnection: RealtimeConnection {
  private let connection: NIOLoopBound<any RealtimeConnection>
  private let eventLoop: any EventLoop
  private var unflushed: [RealtimeMessage] = []
  /// Writability as last reported by the other loop.
  var isWritable = true

  init(_ connection: NIOLoopBound<any RealtimeConnection>, on eventLoop: any EventLoop) {
    self.connection = connection
    self.eventLoop = eventLoop
  }

  var bufferedBytes: Int { unflushed.reduce(0) { $0 + $1.bytes.readableBytes } }

  func send(_ message: RealtimeMessage) { unflushed.append(message) }

  func flush() {
    guard !unflushed.isEmpty else { return }
    let messages = unflushed
    unflushed = []
    perform { connection in
      messages.forEach(connection.send)
      connection.flush()
    }
  }

  func setReading(_ enabled: Bool) { perform { $0.setReading(enabled) } }

  func close(_ closure: WebSocketClosure) {
    flush()
    perform { $0.close(closure) }
  }

  func abort() { perform { $0.abort() } }

  private func perform(_ body: @escaping @Sendable (any RealtimeConnection) -> Void) {
    eventLoop.execute { [connection] in body(connection.value) }
  }
}
