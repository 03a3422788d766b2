import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import SessionStore
import Testing
import VoiceCore
import VoiceSimulator
import VoiceTransport

@testable import VoiceGateway

/// The end of a session that another instance runs, and what is said where the store cannot be asked. Two gateways with a store each, and a
/// bus between them.
@Suite(.timeLimit(.minutes(1))) struct GatewayEndTests {
  private final class Bus: SessionBus {
    private let own: MemorySessionBus
    private let all: [MemorySessionBus]
    init(_ own: MemorySessionBus, among all: [MemorySessionBus]) { (self.own, self.all) = (own, all) }
    var instance: String { own.instance }
    var spansInstances: Bool { true }
    func publish(_ notice: SessionMessage) async { for bus in all { await bus.publish(notice) } }
    func send(_ notice: SessionMessage, to instance: String) async -> Bool? {
      for bus in all where bus.instance == instance { await bus.publish(notice) }
      return all.contains { $0.instance == instance }
    }
    func events() -> AsyncStream<SessionBusEvent> { own.events() }
  }

  /// A store that keeps nothing, as one that was flushed; `away`: it cannot be asked, and remembers what is deleted.
  private struct LostStore: SessionStore {
    var isAway = false
    private func ask<Value>(_ value: Value) throws -> Value {
      if isAway { throw RedisError(.unreachable, "away") }
      return value
    }
    func save(_ session: StoredSession, as owner: SessionOwner?) async throws -> SessionStanding { .kept }
    func load(_ id: SessionID) async throws -> StoredSession? { try ask(nil) }
    func tenure(of id: SessionID) async throws -> SessionTenure? { try ask(nil) }
    func take(_ id: SessionID, by claim: SessionClaim) async throws -> SessionTaking { try ask(.missing) }
    func touch(_ id: SessionID, as owner: SessionOwner?) async throws -> SessionStanding { .missing }
    func leave(_ id: SessionID, as owner: SessionOwner, forgets: Bool) async throws {}
    func delete(_ id: SessionID) async throws -> Bool { false }
    func sessions(of user: String) async throws -> [SessionID] { try ask([]) }
  }

  private func gateway(_ store: any SessionStore, _ bus: any SessionBus, answers: Duration = .seconds(50)) throws -> VoiceGateway {
    var configuration = GatewayConfiguration()
    configuration.upstream = .server("ws://simulator/v1/realtime", key: Secret("key"))
    configuration.session.answerTime = answers
    configuration.http.adminToken = Secret("admin")
    var dependencies = GatewayDependencies(
      verifier: RoutesFixture.Names(now: UnixTime.now), connector: SimulatorConnector(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    dependencies.store = store
    dependencies.bus = bus
    return try VoiceGateway(configuration, dependencies)
  }

  private func response(
    _ method: HTTPRequest.Method, _ session: SessionID, by token: String, at gateway: VoiceGateway
  ) async -> HTTPResponse? {
    await gateway.respond(
      to: HTTPRequest(
        method: method, scheme: "http", authority: "h", path: "/v1/voice/sessions/\(session)",
        headerFields: [.authorization: "Bearer \(token)"]))?.head
  }

  /// A session that runs on the second gateway, and the first, whose store is as given.
  private func withTwo(_ store: LostStore, _ body: (_ other: VoiceGateway, SessionID, Caller.Handle) async throws -> Void) async throws {
    let buses = [MemorySessionBus(instance: "a"), MemorySessionBus(instance: "b")]
    let other = try gateway(store, Bus(buses[0], among: buses))
    let runner = try gateway(LostStore(), Bus(buses[1], among: buses))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for gateway in [other, runner] { tasks.addTask { try await gateway.run() } }
      defer { for gateway in [other, runner] { gateway.drain(grace: .zero) } }
      let request = SessionRequest(endpoint: .voice, token: Secret("ada"), address: "192.0.2.7")
      let caller = try await Caller.open(request, at: runner)
      try await body(other, try #require(runner.runningSessions.first), caller)
    }
  }

  private static let unknown = SessionID("vs_00000000000000000000000000000000")!

  @Test func `a session that the store has lost is ended on the instance that runs it, and was there`() async throws {
    try await withTwo(LostStore()) { (other: VoiceGateway, session: SessionID, caller: Caller.Handle) async throws in
      #expect(await response(.delete, session, by: "admin", at: other)?.status == .noContent)
      #expect(try await caller.end.get() == "no error 1000 Session ended")
    }
    let alone = MemorySessionBus()
    let gateway = try gateway(LostStore(), Bus(alone, among: [alone]), answers: .milliseconds(1))
    #expect(await response(.delete, Self.unknown, by: "admin", at: gateway)?.status == .notFound)
  }

  @Test func `where the store cannot be asked a session is ended all the same, and what is not known is not denied`() async throws {
    try await withTwo(LostStore(isAway: true)) { (other: VoiceGateway, session: SessionID, caller: Caller.Handle) async throws in
      #expect(await response(.delete, session, by: "admin", at: other)?.status == .noContent)
      #expect(try await caller.end.get() == "no error 1000 Session ended")
    }
    let alone = MemorySessionBus()
    let gateway = try gateway(LostStore(isAway: true), Bus(alone, among: [alone]), answers: .milliseconds(1))
    for (method, token) in [(HTTPRequest.Method.get, "ada"), (.delete, "ada"), (.get, "admin"), (.delete, "admin")] {
      let answer = await response(method, Self.unknown, by: token, at: gateway)
      #expect(answer?.status == .serviceUnavailable && answer?.headerFields[.retryAfter] == "5", "\(method) by \(token)")
    }
  }

  @Test(arguments: [
    ("/v1/realtime?call_id=rtc_123", false), ("/api/v1/realtime?model=gpt-realtime-2.1&call_id=rtc_1", false), ("/v1/realtime", true),
    ("/v1/ws/voice?call_id=rtc_123", true),
  ])
  func `the sideband of a call is no session of the gateway's`(path: String, isTaken: Bool) throws {
    let gateway = try gateway(LostStore(), MemorySessionBus())
    let head = HTTPRequest(method: .get, scheme: "http", authority: "h", path: path, headerFields: [.authorization: "Bearer ada"])
    let upgrade = UpgradeRequest(head: head, remoteAddress: nil, isSecure: false, offeredSubprotocols: [])
    switch gateway.decide(upgrade, on: MultiThreadedEventLoopGroup.singleton.next()) {
    case .accept: #expect(isTaken)
    case .refuse(let refusal, _): #expect(!isTaken && refusal.status == .notFound)
    }
  }
}
