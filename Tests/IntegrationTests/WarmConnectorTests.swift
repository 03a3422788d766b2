import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing
import VoiceCore
import VoiceSimulator
import VoiceTesting
import VoiceTransport

/// Connections that wait for sessions, over real sockets.
@Suite(.timeLimit(.minutes(2))) struct WarmConnectorTests {
  private static let key: HTTPFields = [.authorization: "Bearer key"]

  @Test(arguments: [false, true], RealtimeConnectorConformance.rules)
  func `a connector with connections that wait keeps the rules of every connector`(
    opensSessions: Bool, rule: ConformanceRule<RealtimeConnectorConformance.Subject>
  ) async throws {
    try await run(opensSessions: opensSessions) { connector, target, eventLoop, _ in
      try await rule.check(
        .init(connector: connector, target: target, eventLoop: eventLoop, pass: { try await Task.sleep(for: .milliseconds(5)) }))
    }
  }

  @Test(arguments: [false, true]) func `every dial finds a connection that waited, and hears session_created once`(opensSessions: Bool)
    async throws
  {
    try await run(opensSessions: opensSessions) { connector, target, eventLoop, dials in
      for _ in 0..<6 {
        try await Task.sleep(for: .milliseconds(50))
        let first = try await firstMessages(connector, target, on: eventLoop)
        #expect(first == ["session.created"])
      }
      #expect(dials.withLockedValue { $0 } == [Bool](repeating: true, count: 6))
    }
  }

  @Test func `another key, or another model, gets no session that was opened for this one`() async throws {
    try await run(opensSessions: true) { connector, target, eventLoop, dials in
      var other = target
      other.headers[.authorization] = "Bearer another"
      try await expectCreated(connector, other, eventLoop)
      other = target
      other.url += "-mini"
      try await expectCreated(connector, other, eventLoop)
      #expect(dials.withLockedValue { $0 } == [])
      other = target
      other.headers[HTTPField.Name("traceparent")!] = "00-1-1-01"
      try await expectCreated(connector, other, eventLoop)
      #expect(dials.withLockedValue { $0 } == [true])
    }
  }

  @Test func `a server that is gone costs what a plain dial costs`() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let listener = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(listener.localAddress?.port)
    let target = RealtimeTarget(url: "ws://127.0.0.1:\(port)/v1/realtime", timeout: .seconds(5))
    let connector = WarmConnector(NIORealtimeConnector(), targets: [target], configuration: .init(count: 2), group: group)
    let running = Task { await connector.run() }
    try await Task.sleep(for: .milliseconds(100))
    // What waits was taken by the kernel alone: nothing answers on it, and nobody listens any more.
    try await listener.close()
    let eventLoop = group.next()
    let error: RealtimeConnectError = await withCheckedContinuation { continuation in
      eventLoop.execute {
        connector.connect(to: target, on: eventLoop) { _ in
          Issue.record("no server answers, and yet there is a connection")
          return CollectingClient(AsyncStream<ByteBuffer>.makeStream().continuation)
        } failed: {
          continuation.resume(returning: $0)
        }
      }
    }
    #expect(error.code == .unreachable)
    running.cancel()
    await running.value
  }

  private func expectCreated(_ connector: WarmConnector, _ target: RealtimeTarget, _ eventLoop: any EventLoop) async throws {
    let types = try await firstMessages(connector, target, on: eventLoop)
    #expect(types == ["session.created"])
  }

  /// Types of what comes within a moment after the opening.
  private func firstMessages(_ connector: WarmConnector, _ target: RealtimeTarget, on eventLoop: any EventLoop) async throws -> [String] {
    let (messages, continuation) = AsyncStream<ByteBuffer>.makeStream()
    let connections = NIOLoopBoundBox.makeBoxSendingValue([any RealtimeConnection](), eventLoop: eventLoop)
    eventLoop.execute {
      connector.connect(to: target, on: eventLoop) { connection in
        connections.value.append(connection)
        return CollectingClient(continuation)
      } failed: { error in
        Issue.record(error)
        continuation.finish()
      }
    }
    var types: [String] = []
    for await message in messages {
      types.append(String(buffer: message).firstMatch(of: #/"type":"([a-z._]+)"/#).map { String($0.1) } ?? "")
      _ = eventLoop.scheduleTask(in: .milliseconds(20)) {
        for connection in connections.value { connection.close(WebSocketClosure(code: 1_000)) }
      }
    }
    return types
  }

  private func run(
    opensSessions: Bool,
    _ body: (WarmConnector, RealtimeTarget, any EventLoop, NIOLockedValueBox<[Bool]>) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let simulator = try await SimulatorServer.bind(group: group, wallClock: { 1_795_230_000 })
    let target = RealtimeTarget(url: simulator.url + "?model=gpt-realtime-2.1", headers: Self.key)
    let dials = NIOLockedValueBox<[Bool]>([])
    let connector = WarmConnector(
      NIORealtimeConnector(), targets: [target], configuration: .init(count: 8, opensSessions: opensSessions), group: group,
      dialled: { isHit in dials.withLockedValue { $0.append(isHit) } })
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await simulator.run() }
      tasks.addTask { await connector.run() }
      try await Task.sleep(for: .milliseconds(100))
      try await body(connector, target, group.next(), dials)
      tasks.cancelAll()
    }
  }
}
