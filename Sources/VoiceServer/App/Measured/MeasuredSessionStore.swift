import SessionStore
import VoiceCore

/// A session store whose operations are timed.
struct MeasuredSessionStore: SessionStore {
  let store: any SessionStore
  let measured: Measured

  func save(_ session: StoredSession, as owner: SessionOwner?) async throws -> SessionStanding {
    try await measured(.save) { try await store.save(session, as: owner) }
  }
  func tenure(of id: SessionID) async throws -> SessionTenure? { try await measured(.tenure) { try await store.tenure(of: id) } }
  func take(_ id: SessionID, by instance: String) async throws -> TakenSession? {
    try await measured(.take) { try await store.take(id, by: instance) }
  }
  func leave(_ id: SessionID, as owner: SessionOwner, forgets: Bool) async throws {
    try await measured(.leave) { try await store.leave(id, as: owner, forgets: forgets) }
  }
  func load(_ id: SessionID) async throws -> StoredSession? { try await measured(.load) { try await store.load(id) } }
  func delete(_ id: SessionID) async throws -> Bool { try await measured(.delete) { try await store.delete(id) } }
  func touch(_ id: SessionID, as owner: SessionOwner?) async throws -> SessionStanding {
    try await measured(.touch) { try await store.touch(id, as: owner) }
  }
  func sessions(of user: String) async throws -> [SessionID] { try await measured(.list) { try await store.sessions(of: user) } }
}
