public import VoiceCore

/// Keeps sessions so that they can go on after a restart or on another instance.
///
/// A stored session expires by itself after the store's time to live; `save` and `touch` start that time again.
public protocol SessionStore: Sendable {
  func save(_ session: StoredSession) async throws
  func load(_ id: SessionID) async throws -> StoredSession?
  /// Forgets a session for good: a save that comes late does not bring it back. True when there was such a session.
  @discardableResult func delete(_ id: SessionID) async throws -> Bool
  /// True while the session was still there.
  @discardableResult func touch(_ id: SessionID) async throws -> Bool
  /// A user's sessions that have not expired, oldest first.
  func sessions(of user: String) async throws -> [SessionID]
}
