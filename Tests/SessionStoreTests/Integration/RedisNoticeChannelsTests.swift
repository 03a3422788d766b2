import NIOConcurrencyHelpers
import RedisTesting
import Testing
import VoiceCore
import VoiceTesting

@testable import SessionStore

/// Deployments that share a server, and not a database.
@Suite(.needsRedis, .timeLimit(.minutes(10)))
struct RedisNoticeChannelsTests {
  @Test func `channels carry the prefix and the database, and are as they were in database 0`() {
    let (first, fourth) = (RedisNoticeChannels(prefix: "voice:", database: 0), RedisNoticeChannels(prefix: "v2:", database: 3))
    #expect([first.all, first.one("a"), first.right] == ["voice:notices", "voice:notices:a", "&voice:notices*"])
    #expect([fourth.all, fourth.one("a"), fourth.right] == ["v2:notices@3", "v2:notices@3:a", "&v2:notices@3*"])
  }

  @Test func `instances of one database hear each other, and nobody of another one`() async throws {
    try await RedisServer.with { server in
      try await withBuses(["0", "1", "1"].map { "redis://127.0.0.1:\(server.port)/\($0)" }) { buses in
        let heard = buses.map { bus in NIOLockedValueBox<[SessionBusEvent]>([]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (bus, heard) in zip(buses, heard) {
            let events = bus.events()
            group.addTask { for await event in events { heard.withLockedValue { $0.append(event) } } }
            group.addTask { try await bus.run() }
          }
          try await Times.until("all listen") { heard.allSatisfy { $0.withLockedValue { $0 == [.mayHaveMissed] } } }
          // In this order: what a bus hears of the other database it has heard before its own database's.
          for (sender, seed) in [(0, 1), (1, 2), (0, 3)] { try await buses[sender].publish(notice(UInt64(seed))) }
          #expect(try await buses[0].send(notice(4), to: buses[1].instance) == false)
          #expect(try await buses[1].send(notice(5), to: buses[0].instance) == false)
          #expect(try await buses[1].send(notice(6), to: buses[2].instance) == true)
          try await Times.until("the last is heard") { heard[2].withLockedValue { $0.contains(.notice(notice(6))) } }
          #expect(heard[2].withLockedValue { $0 } == [.mayHaveMissed, .notice(notice(2)), .notice(notice(6))])
          #expect(heard[1].withLockedValue { $0 } == [.mayHaveMissed, .notice(notice(2))])
          #expect(heard[0].withLockedValue { $0 } == [.mayHaveMissed, .notice(notice(1)), .notice(notice(3))])
          group.cancelAll()
        }
      }
    }
  }

  @Test func `the rights of deploy are enough in every database, and one that is missing is named as that database needs it`() async throws
  {
    try await RedisServer.with { server in
      try await server.cli("ACL", "SETUSER", "g", "on", ">pw", "~voice:*", "resetchannels", "&voice:notices*", "+@all")
      let url = "redis://g:pw@127.0.0.1:\(server.port)/3"
      try await RedisStorage.with(url) { storage in
        try await storage.probe.run()
        try await storage.probe.listen()
        try await server.cli("ACL", "SETUSER", "g", "resetchannels", "&voice:notices", "&voice:notices:*")
        #expect(await storage.probe.missingRights() == ["&voice:notices@3*"])
      }
    }
  }

  private func notice(_ seed: UInt64) -> SessionMessage {
    var generator = SeededGenerator(seed: seed)
    return SessionMessage(session: SessionID(using: &generator), kind: .ended, origin: "test")
  }

  private func withBuses(_ urls: [String], _ body: ([RedisSessionBus]) async throws -> Void) async throws {
    guard let url = urls.first else { return try await body([]) }
    try await RedisClient.with(url, timeout: Times.unhurried) { client in
      try await withBuses(Array(urls.dropFirst())) { others in try await body([RedisSessionBus(client, logger: .quiet)] + others) }
    }
  }
}
