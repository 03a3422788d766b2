public import VoiceCore

/// The cap on a user's concurrent sessions, over all instances. A lease that is not renewed expires by itself.
public protocol SessionLeases: Sendable {
  /// True when `session` holds a lease now. Asking again for the same session renews it.
  func acquire(user: String, session: SessionID) async throws -> Bool
  /// True while the lease was still held.
  func renew(user: String, session: SessionID) async throws -> Bool
  func release(user: String, session: SessionID) async throws
}
