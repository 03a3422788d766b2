import NIOCore
import NIOPosix
import Testing
import VoiceCore
import VoiceTesting
import VoiceTransport

/// Endings over real sockets: both legs go, and it is said once.
struct EndingTests {
  @Test(.timeLimit(.minutes(1)), arguments: [true, false])
  func `a client that closes, or is lost, ends the session and its upstream`(isPolite: Bool) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let observer = RecordingObserver()
    let fixture = try await RelayFixture.start(group: group, observer: observer) { EchoingUpstream($0) }
    let (messages, continuation) = AsyncStream<ByteBuffer>.makeStream()
    let eventLoop = group.next()
    let connections = NIOLoopBoundBox.makeBoxSendingValue([any RealtimeConnection](), eventLoop: eventLoop)
    let target = RealtimeTarget(url: "ws://127.0.0.1:\(fixture.relay.port)/v1/realtime")
    eventLoop.execute {
      NIORealtimeConnector().connect(to: target, on: eventLoop) { connection in
        connections.value.append(connection)
        return CollectingClient(continuation)
      } failed: { error in
        Issue.record(error)
        continuation.finish()
      }
    }
    for await _ in messages {
      eventLoop.execute { isPolite ? connections.value[0].close(WebSocketClosure(code: 1_000)) : connections.value[0].abort() }
      break
    }
    let ending = try #require(await observer.first { if case .ended = $0 { true } else { false } })
    guard case .ended(let reason, _) = ending else { return }
    #expect(reason.label == (isPolite ? "client_closed" : "client_lost"))
    fixture.stop()
    try await group.shutdownGracefully()
  }
}
