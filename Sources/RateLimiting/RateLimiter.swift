public import VoiceCore

/// An exact sliding-window log: at most `limit` sessions a user in any window.
public protocol RateLimiter: Sendable {
  /// Counts `session` unless the window is full. Asking again for the same session counts once, so a retry is safe.
  func admit(user: String, session: SessionID) async throws -> RateDecision
  /// Gives the slot of `session` back.
  func refund(user: String, session: SessionID) async throws
  /// Forgets all of a user's sessions.
  func reset(user: String) async throws
}
