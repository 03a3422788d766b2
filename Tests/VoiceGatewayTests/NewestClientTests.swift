import Logging
import NIOConcurrencyHelpers
import NIOCore
import SessionStore
import Testing
import VoiceCore
import VoiceSimulator
import VoiceTesting

@testable import VoiceGateway

/// Clients that come for one session shortly after one another, at two gateways with one store: the newest has it.
@Suite(.timeLimit(.minutes(1))) struct NewestClientTests {
  /// Delays, drawn from a seed.
  private final class Delays: Sendable {
    private let random: NIOLockedValueBox<SeededGenerator>
    init(seed: UInt64) { random = NIOLockedValueBox(SeededGenerator(seed: seed)) }
    func draw(below limit: Int) -> Int { random.withLockedValue { Int($0.next() % UInt64(limit)) } }
    func pass(upTo milliseconds: Int) async { try? await Task.sleep(for: .milliseconds(draw(below: milliseconds + 1))) }
  }

  /// The way to the store and back takes a while, but where it tells the time: a clock that is read in haste tells it exactly.
  private struct DistantStore: SessionStore {
    let base: MemorySessionStore
    let delays: Delays

    private func distant<Value>(_ work: () async -> Value) async -> Value {
      await delays.pass(upTo: 12)
      let value = await work()
      await delays.pass(upTo: 12)
      return value
    }
    func save(_ session: StoredSession, as owner: SessionOwner?) async throws -> SessionStanding {
      await distant { await base.save(session, as: owner) }
    }
    func load(_ id: SessionID) async throws -> StoredSession? { await distant { await base.load(id) } }
    func tenure(of id: SessionID) async throws -> SessionTenure? { await base.tenure(of: id) }
    func take(_ id: SessionID, by claim: SessionClaim) async throws -> SessionTaking { await distant { await base.take(id, by: claim) } }
    func touch(_ id: SessionID, as owner: SessionOwner?) async throws -> SessionStanding {
      await distant { await base.touch(id, as: owner) }
    }
    func leave(_ id: SessionID, as owner: SessionOwner, forgets: Bool) async throws {
      await distant { await base.leave(id, as: owner, forgets: forgets) }
    }
    func delete(_ id: SessionID) async throws -> Bool { await distant { await base.delete(id) } }
    func sessions(of user: String) async throws -> [SessionID] { await base.sessions(of: user) }
  }

  private struct DistantBus: SessionBus {
    let own: MemorySessionBus
    let all: [MemorySessionBus]
    let delays: Delays

    var instance: String { own.instance }
    var spansInstances: Bool { true }
    func publish(_ notice: SessionMessage) async {
      await delays.pass(upTo: 25)
      for bus in all { await bus.publish(notice) }
    }
    func send(_ notice: SessionMessage, to instance: String) async -> Bool? {
      await delays.pass(upTo: 25)
      for bus in all where bus.instance == instance { await bus.publish(notice) }
      return all.contains { $0.instance == instance }
    }
    func events() -> AsyncStream<SessionBusEvent> { own.events() }
  }

  private func gateways(_ delays: Delays) throws -> [VoiceGateway] {
    let store = DistantStore(base: MemorySessionStore(now: UnixTime.now), delays: delays)
    let buses = [MemorySessionBus(instance: "a"), MemorySessionBus(instance: "b")]
    return try buses.map { bus in
      var configuration = GatewayConfiguration()
      configuration.upstream = .server("ws://simulator/v1/realtime", key: Secret("key"))
      configuration.limits.concurrentSessions = 0
      configuration.limits.sessionsPerWindow = 0
      var dependencies = GatewayDependencies(
        verifier: RoutesFixture.Names(now: UnixTime.now), connector: SimulatorConnector(),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      dependencies.store = store
      dependencies.bus = DistantBus(own: bus, all: buses, delays: delays)
      // Who is verified first is not who came first.
      dependencies.onAdmission = { _ in
        await delays.pass(upTo: 20)
        return .allow()
      }
      return try VoiceGateway(configuration, dependencies)
    }
  }

  @Test(arguments: 0..<48) func `the newest of all clients has the session, wherever the others are on their way`(seed: UInt64) async throws
  {
    let delays = Delays(seed: seed)
    let gateways = try gateways(delays)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for gateway in gateways { tasks.addTask { try await gateway.run() } }
      defer { for gateway in gateways { gateway.drain(grace: .zero) } }
      var clients = [
        try await Caller.open(SessionRequest(endpoint: .voice, token: Secret("ada"), address: "192.0.2.7"), at: gateways[0])
      ]
      let session = try #require(gateways[0].runningSessions.first)
      let request = SessionRequest(endpoint: .voice, token: Secret("ada"), resumes: "\(session)", address: "192.0.2.7")
      for _ in 0..<(2 + delays.draw(below: 4)) {
        try await Task.sleep(for: .milliseconds(4 + delays.draw(below: 40)))
        clients.append(try await Caller.begin(request, at: gateways[delays.draw(below: 2)]))
      }
      let newest = clients.removeLast()
      let verdict = try await withThrowingTaskGroup(of: String.self) { race in
        race.addTask { [clients] in
          for client in clients { #expect(try await client.end.get() == "session_replaced 1008 Session opened elsewhere") }
          return try await newest.outcome.get()
        }
        race.addTask { "ended: \(try await newest.end.get())" }
        // Also where another one has it: neither race is left to wait.
        defer { for client in clients + [newest] { client.hangUp() } }
        return try await race.next()
      }
      #expect(verdict == "resumed")
    }
  }
}
