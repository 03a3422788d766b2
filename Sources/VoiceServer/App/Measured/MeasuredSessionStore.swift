import SessionStore
import VoiceCore

/// A session store whose operations are timed.
struct MeasuredSessionStore: SessionStore {
  let store: any SessionStore
  let measured: Measured

  func save(_ session: StoredSession) async throws { try await measured(.save) { try await store.save(session) } }
  func load(_ id: SessionID) async throws -> StoredSession? { try await measured(.load) { try await store.load(id) } }
  func delete(_ id: SessionID) async throws -> Bool { try await measured(.delete) { try await store.delete(id) } }
  func touch(_ id: SessionID) async throws -> Bool { try await measured(.touch) { try await store.touch(id) } }
  func sessions(of user: String) async throws -> [SessionID] { try await measured(.list) { try await store.sessions(of: user) } }
}
