import SessionStore
import VoiceCore
import VoiceTesting

/// A store of one's own: here an actor around the one in memory, that counts what is written.
actor CountingStore: SessionStore {
  private let base: MemorySessionStore
  private(set) var saves = 0
  init(now: @escaping @Sendable () -> UnixTime) { base = MemorySessionStore(now: now) }

  func save(_ session: StoredSession, as owner: SessionOwner?) async throws -> SessionStanding {
    saves += 1
    return await base.save(session, as: owner)
  }
  func load(_ id: SessionID) async throws -> StoredSession? { await base.load(id) }
  func tenure(of id: SessionID) async throws -> SessionTenure? { await base.tenure(of: id) }
  func take(_ id: SessionID, by claim: SessionClaim) async throws -> SessionTaking { await base.take(id, by: claim) }
  func touch(_ id: SessionID, as owner: SessionOwner?) async throws -> SessionStanding { await base.touch(id, as: owner) }
  func leave(_ id: SessionID, as owner: SessionOwner, forgets: Bool) async throws { await base.leave(id, as: owner, forgets: forgets) }
  func delete(_ id: SessionID) async throws -> Bool { await base.delete(id) }
  func sessions(of user: String) async throws -> [SessionID] { await base.sessions(of: user) }
}

for rule in SessionStoreConformance.rules {
  let clock = ManualClock()
  let store = CountingStore(now: { clock.now })
  try await rule.check(.init(store: store, timeToLive: .seconds(3_600), advance: { clock.advance(by: $0) }))
  print("ok, after \(await store.saves) saves: \(rule)")
}
