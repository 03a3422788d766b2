public import VoiceCore

/// A store that can be given back what it lost or missed.
public protocol RestorableSessionStore: SessionStore {
  /// Writes a session, unless what is there is newer or was deleted.
  func restore(_ session: StoredSession, as owner: SessionOwner?) async throws
  /// Returns true if a session was deleted, by any instance.
  func isDeleted(_ id: SessionID) async throws -> Bool
  /// Returns those of the ids that are stored.
  func living(_ ids: [SessionID]) async throws -> Set<SessionID>
}
