import NIOConcurrencyHelpers
import Testing
import VoiceCore
import VoiceTesting

@testable import VoiceAuth

struct EphemeralTokensTests {
  private let time = NIOLockedValueBox(TokenForge.now)
  private let holder = VerifiedToken(userID: "u", plan: "elite", expiresAt: TokenForge.now + .seconds(3_600))

  private func tokens(_ store: (any TicketStore)? = nil) throws -> EphemeralTokens {
    let now: @Sendable () -> UnixTime = { [time] in time.withLockedValue { $0 } }
    return EphemeralTokens(base: try TokenForge.verifier(), store: store ?? MemoryTicketStore(now: now), now: now)
  }

  private func pass(_ seconds: Int) { time.withLockedValue { $0 = $0 + .seconds(seconds) } }

  @Test func `a ticket opens one connection`() async throws {
    let tokens = try tokens()
    var generator = SeededGenerator(seed: 1)
    let ticket = try #require(try await tokens.mint(.ticket, for: holder, lifetime: .seconds(30), using: &generator))
    #expect(ticket.expose().hasPrefix("vt_"))
    #expect(await tokens.verify(ticket) == .success(holder))
    #expect(await tokens.verify(ticket).detail == "ticket is unknown, already used, or expired")
  }

  @Test func `of a hundred that bring one ticket at once, one gets in`() async throws {
    let tokens = try tokens()
    var generator = SeededGenerator(seed: 1)
    let ticket = try #require(try await tokens.mint(.ticket, for: holder, lifetime: .seconds(30), using: &generator))
    let admitted = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<100 { group.addTask { await tokens.verify(ticket).reason == nil } }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(admitted == 1)
  }

  @Test func `a ticket is over when its time is`() async throws {
    let tokens = try tokens()
    var generator = SeededGenerator(seed: 1)
    let ticket = try #require(try await tokens.mint(.ticket, for: holder, lifetime: .seconds(30), using: &generator))
    pass(30)
    #expect(await tokens.verify(ticket).reason == .invalid)
  }

  @Test func `a client secret opens connections as long as it lasts`() async throws {
    let tokens = try tokens()
    var generator = SeededGenerator(seed: 1)
    let secret = try #require(try await tokens.mint(.clientSecret, for: holder, lifetime: .seconds(600), using: &generator))
    #expect(secret.expose().hasPrefix("ek_"))
    for _ in 0..<3 { #expect(await tokens.verify(secret) == .success(holder)) }
    pass(599)
    #expect(await tokens.verify(secret) == .success(holder))
    pass(1)
    #expect(await tokens.verify(secret).reason == .invalid)
  }

  @Test func `nothing outlives the token that it stands for`() async throws {
    let tokens = try tokens()
    var generator = SeededGenerator(seed: 1)
    let secret = try #require(try await tokens.mint(.clientSecret, for: holder, lifetime: .seconds(7_200), using: &generator))
    pass(3_599)
    #expect(await tokens.verify(secret).reason == nil)
    pass(1)
    #expect(await tokens.verify(secret).reason == .invalid)
    #expect(try await tokens.mint(.ticket, for: holder, lifetime: .seconds(30), using: &generator) == nil)
  }

  @Test func `a store that keeps too long does not make an expired token good`() async throws {
    struct Keeper: TicketStore {
      let holder: VerifiedToken
      func put(_ holder: VerifiedToken, under name: String, for lifetime: Duration) async throws -> Bool { true }
      func take(_ name: String) async throws -> VerifiedToken? { holder }
      func find(_ name: String) async throws -> VerifiedToken? { holder }
    }
    let tokens = try tokens(Keeper(holder: holder))
    let ticket = Secret("vt_" + String(repeating: "A", count: 43))
    #expect(await tokens.verify(ticket).reason == nil)
    pass(3_600)
    #expect(await tokens.verify(ticket).reason == .expired)
    #expect(await tokens.verify(Secret(ticket.expose() + "A")).detail == "a ticket of another length")
  }

  @Test func `a user may have twenty that live, and the store a bound`() async throws {
    let store = MemoryTicketStore(maxPerUser: 2, maxTotal: 3) { [time] in time.withLockedValue { $0 } }
    let other = VerifiedToken(userID: "v", plan: nil, expiresAt: holder.expiresAt)
    #expect(try await store.put(holder, under: "1", for: .seconds(30)))
    #expect(try await store.put(holder, under: "2", for: .seconds(60)))
    #expect(try await !store.put(holder, under: "3", for: .seconds(30)))
    #expect(try await store.put(other, under: "4", for: .seconds(60)))
    #expect(try await !store.put(other, under: "5", for: .seconds(30)), "the store is full")
    pass(30)
    #expect(try await store.put(other, under: "5", for: .seconds(30)), "what is over makes room")
    #expect(try await store.take("1") == nil)
    #expect(try await store.take("2") == holder)
    #expect(try await store.put(holder, under: "6", for: .seconds(30)))
  }

  @Test func `a store that does not answer is no verdict`() async throws {
    struct Gone: TicketStore {
      struct Failure: Error {}
      func put(_ holder: VerifiedToken, under name: String, for lifetime: Duration) async throws -> Bool { throw Failure() }
      func take(_ name: String) async throws -> VerifiedToken? { throw Failure() }
      func find(_ name: String) async throws -> VerifiedToken? { throw Failure() }
    }
    let ticket = Secret("ek_" + String(repeating: "A", count: 43))
    #expect(try await tokens(Gone()).verify(ticket).reason == .unavailable)
  }

  @Test func `what is stored is not the ticket, and every other token goes to the verifier behind`() async throws {
    final class Recorder: TicketStore {
      let names = NIOLockedValueBox<[String]>([])
      func put(_ holder: VerifiedToken, under name: String, for lifetime: Duration) async throws -> Bool {
        names.withLockedValue { $0.append(name) }
        return true
      }
      func take(_ name: String) async throws -> VerifiedToken? { nil }
      func find(_ name: String) async throws -> VerifiedToken? { nil }
    }
    let store = Recorder()
    var generator = SeededGenerator(seed: 1)
    let ticket = try #require(try await tokens(store).mint(.ticket, for: holder, lifetime: .seconds(30), using: &generator)).expose()
    let names = store.names.withLockedValue { $0 }
    #expect(names.count == 1)
    #expect(names.allSatisfy { !ticket.contains($0) && !$0.contains(ticket.dropFirst(3)) })
    #expect(try await tokens(store).verify(TokenForge().make()).reason == nil)
  }
}
