public import VoiceCore

/// A store that can be given back what it lost or missed.
public protocol RestorableSessionStore: SessionStore {
  /// Writes a session, unless what is there is newer or was deleted.
  func restore(_ session: StoredSession, as owner: SessionOwner?) async throws
  /// Whether a session was deleted, by whomever.
  func isDeleted(_ id: SessionID) async throws -> Bool
  /// Which of these are there.
  func living(_ ids: [SessionID]) async throws -> Set<SessionID>
}
