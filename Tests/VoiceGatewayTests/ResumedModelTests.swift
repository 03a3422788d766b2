import Logging
import NIOConcurrencyHelpers
import NIOCore
import SessionStore
import Testing
import VoiceCore
import VoiceSimulator
import VoiceTesting

@testable import VoiceGateway

/// A stored session that goes on under another policy than it began under.
@Suite(.timeLimit(.minutes(1))) struct ResumedModelTests {
  /// Upstream in memory, and what was dialled.
  private struct Recorder: RealtimeConnector {
    let urls = NIOLockedValueBox<[String]>([])
    func connect(
      to target: RealtimeTarget, on eventLoop: any EventLoop, opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
      failed: @escaping (RealtimeConnectError) -> Void
    ) {
      urls.withLockedValue { $0.append(target.url) }
      SimulatorConnector().connect(to: target, on: eventLoop, opened: opened, failed: failed)
    }
  }

  private static let (usual, stored, other) = ("gpt-realtime-2.1", "gpt-realtime-mini", "gpt-realtime")

  @Test(
    arguments: [
      (nil, nil, usual), ([usual, other], nil, usual), ([stored], nil, stored), (["*"], nil, stored), ([other], other, other),
    ] as [([String]?, String?, String)])
  func `a stored session keeps its model where that is still allowed, else it goes on with the default, and the log says so`(
    allowed: [String]?, asked: String?, dialled: String
  ) async throws {
    let (store, recorder, log) = (MemorySessionStore(now: UnixTime.now), Recorder(), RecordingLog())
    var configuration = GatewayConfiguration()
    configuration.upstream = .server("ws://simulator/v1/realtime", key: Secret("key"))
    configuration.upstream.model = Self.usual
    configuration.upstream.allowedModels = allowed
    var dependencies = GatewayDependencies(
      verifier: RoutesFixture.Names(now: UnixTime.now), connector: recorder, logger: log.logger)
    dependencies.store = store
    let gateway = try VoiceGateway(configuration, dependencies)
    let id = SessionID("vs_00000000000000000000000000000001")!
    let time = UnixTime.now()
    await store.save(StoredSession(id: id, userID: "ada", plan: nil, model: Self.stored, createdAt: time, updatedAt: time), as: nil)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await gateway.run() }
      defer { gateway.drain(grace: .zero) }
      let request = SessionRequest(endpoint: .voice, token: Secret("ada"), model: asked, resumes: "\(id)", address: "192.0.2.7")
      let outcome = try await Caller.outcome(of: request, at: gateway)
      #expect(outcome == "resumed")
    }
    let urls = recorder.urls.withLockedValue { $0 }
    #expect(urls == ["ws://simulator/v1/realtime?model=\(dialled)"])
    let lines = log.texts(.notice).filter { $0.contains("is not allowed any more") }
    #expect(lines.count == (dialled == Self.usual ? 1 : 0))
    #expect(lines.allSatisfy { $0.contains(Self.stored) && $0.contains(Self.usual) })
  }
}
