import NIOCore
import NIOPosix
import Testing
import VoiceCore
import VoiceTesting
import VoiceTransport

/// Recorded sequences, played on both sides of the relay over real sockets: each line arrives on the other side as it was sent.
struct FixtureReplayTests {
  // Those with two legs show what the gateway changes: they are conversations through the server.
  static let names = FixtureLine.names([""]).filter { name in !["04_", "05_", "18_", "19_"].contains { name.hasPrefix($0) } }

  private func check(_ arrival: FixtureArrival?, _ line: FixtureLine, _ number: Int) {
    switch arrival {
    case .message(let message): #expect(message == line.message, "line \(number)")
    // A client's close ends the session: what upstream is told is the gateway's own.
    case .closed(let closure): #expect(closure == line.closure || line.isFromClient, "line \(number)")
    case nil: Issue.record("line \(number) never arrived")
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: names)
  func `both sides see the sequence as it was sent`(name: String) async throws {
    var lines = try FixtureLine.read(name)
    // What a client says before upstream's first event is kept, and goes out behind it.
    let first = lines.firstIndex { !$0.isFromClient } ?? 0
    lines.insert(lines.remove(at: first), at: 0)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let eventLoop = group.next()
    let (upstreamArrivals, upstreamContinuation) = AsyncStream<FixtureArrival>.makeStream()
    let (clientArrivals, clientContinuation) = AsyncStream<FixtureArrival>.makeStream()
    let connections = NIOLoopBoundBox.makeBoxSendingValue([String: any RealtimeConnection](), eventLoop: eventLoop)
    let (ready, isReady) = AsyncStream<Void>.makeStream()
    let fixture = try await RelayFixture.start(group: group) { connection in
      connections.value["upstream"] = connection
      isReady.yield()
      return FixtureSide(upstreamContinuation)
    }
    let target = RealtimeTarget(url: "ws://127.0.0.1:\(fixture.relay.port)/v1/realtime")
    eventLoop.execute {
      NIORealtimeConnector().connect(to: target, on: eventLoop) { connection in
        connections.value["client"] = connection
        isReady.yield()
        return FixtureSide(clientContinuation)
      } failed: { error in
        Issue.record(error)
        isReady.finish()
      }
    }
    // Both connections are there.
    var isMissing = 2
    for await _ in ready {
      isMissing -= 1
      if isMissing == 0 { break }
    }
    var (atUpstream, atClient) = (upstreamArrivals.makeAsyncIterator(), clientArrivals.makeAsyncIterator())
    for (number, line) in lines.enumerated() {
      let side = line.isFromClient ? "client" : "upstream"
      eventLoop.execute {
        guard let connection = connections.value[side] else { return }
        if let message = line.message { connection.send(message) }
        connection.flush()
        if let closure = line.closure { connection.close(closure) }
      }
      // An error before `session.created` waits for the close that makes it fatal.
      if line.closure == nil, number + 1 < lines.count, lines[number + 1].closure != nil, !lines[number + 1].isFromClient { continue }
      if line.closure != nil, number > 0, !line.isFromClient, lines[number - 1].closure == nil {
        await check(atClient.next(), lines[number - 1], number + 1)
      }
      await check(line.isFromClient ? atUpstream.next() : atClient.next(), line, number + 2)
    }
    fixture.stop()
    try await group.shutdownGracefully()
  }
}
