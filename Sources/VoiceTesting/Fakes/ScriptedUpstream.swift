public import NIOCore
public import VoiceCore

/// An upstream in memory that opens at once, says what it is told to, and remembers what it was sent.
///
/// ```swift
/// let upstream = ScriptedUpstream(on: loop) { text in text.contains("response.create") ? [#"{"type":"response.created"}"#] : [] }
/// ```
/// For a server with turns and speech of its own take `SimulatorConnector` of VoiceSimulator.
public struct ScriptedUpstream: RealtimeConnector {
  private let sessions: NIOLoopBoundBox<[InMemoryConnection]>
  private let opening: [String]
  private let answer: @Sendable (String) -> [String]

  /// Call on the event loop of the sessions that are to dial.
  ///
  /// - Parameters:
  ///   - opening: events of the server right after the upgrade.
  ///   - answer: events of the server for one that it was sent.
  ///   - eventLoop: event loop that everything runs on.
  public init(
    on eventLoop: any EventLoop, opening: [String] = [#"{"type":"session.created","session":{"model":"gpt-realtime-2.1"}}"#],
    answer: @escaping @Sendable (String) -> [String] = { _ in [] }
  ) {
    sessions = NIOLoopBoundBox([], eventLoop: eventLoop)
    self.opening = opening
    self.answer = answer
  }

  /// Connections so far, oldest first. Use it on the event loop.
  public var connections: [InMemoryConnection] { sessions.value }

  public func connect(
    to target: RealtimeTarget, on eventLoop: any EventLoop, opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
    failed: @escaping (RealtimeConnectError) -> Void
  ) {
    let (opening, answer) = (opening, answer)
    eventLoop.assumeIsolated().execute {
      let connection = InMemoryConnection()
      sessions.value.append(connection)
      connection.delegate = opened(connection)
      connection.flushed = { [weak connection] messages in
        let answers = messages.flatMap { answer(String(buffer: $0.bytes)) }
        guard !answers.isEmpty else { return }
        eventLoop.assumeIsolated().execute { for text in answers { connection?.receive(text) } }
      }
      for text in opening { connection.receive(text) }
    }
  }
}
