import SessionStore
import VoiceCore

/// A session store whose operations are timed.
struct InstrumentedSessionStore: SessionStore {
  let store: any SessionStore
  let instruments: StoreInstruments

  func save(_ session: StoredSession, as owner: SessionOwner?) async throws -> SessionStanding {
    try await instruments(.save) { try await store.save(session, as: owner) }
  }
  func tenure(of id: SessionID) async throws -> SessionTenure? { try await instruments(.tenure) { try await store.tenure(of: id) } }
  func take(_ id: SessionID, by claim: SessionClaim) async throws -> SessionTaking {
    try await instruments(.take) { try await store.take(id, by: claim) }
  }
  func leave(_ id: SessionID, as owner: SessionOwner, forgets: Bool) async throws {
    try await instruments(.leave) { try await store.leave(id, as: owner, forgets: forgets) }
  }
  func load(_ id: SessionID) async throws -> StoredSession? { try await instruments(.load) { try await store.load(id) } }
  func delete(_ id: SessionID) async throws -> Bool { try await instruments(.delete) { try await store.delete(id) } }
  func touch(_ id: SessionID, as owner: SessionOwner?) async throws -> SessionStanding {
    try await instruments(.touch) { try await store.touch(id, as: owner) }
  }
  func sessions(of user: String) async throws -> [SessionID] { try await instruments(.list) { try await store.sessions(of: user) } }
}
