public import NIOCore
public import VoiceCore

/// Dials without a network: the test answers each dial.
public struct InMemoryConnector: RealtimeConnector {
  /// A dial that waits for the test's answer.
  public struct Dial {
    /// Server that is dialled.
    public var target: RealtimeTarget
    let opened: (any RealtimeConnection) -> any RealtimeConnectionDelegate
    let failed: (RealtimeConnectError) -> Void

    /// The server accepts: the test plays it on the connection that this answers.
    public func accept() -> InMemoryConnection {
      let connection = InMemoryConnection()
      connection.delegate = opened(connection)
      return connection
    }
    /// Answers the dial with an error.
    public func fail(_ error: RealtimeConnectError) { failed(error) }
  }

  private let dials: NIOLoopBoundBox<[Dial]>

  /// Call on the event loop of the sessions that are to dial.
  public init(on eventLoop: any EventLoop) { dials = NIOLoopBoundBox([], eventLoop: eventLoop) }

  /// Dials so far, oldest first.
  public var all: [Dial] { dials.value }

  public func connect(
    to target: RealtimeTarget, on eventLoop: any EventLoop, opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
    failed: @escaping (RealtimeConnectError) -> Void
  ) {
    dials.value.append(Dial(target: target, opened: opened, failed: failed))
  }
}
