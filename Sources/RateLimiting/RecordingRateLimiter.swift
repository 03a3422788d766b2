public import VoiceCore

/// A limiter that can be told what another one admitted: that is how nothing is lost when one takes over from the other.
public protocol RecordingRateLimiter: RateLimiter {
  /// Counts this session as ``RateLimiter/admit(user:session:)`` does, and tells which of the user's sessions count now.
  ///
  /// - Returns: the sessions, with what was just admitted; the newest alone where there are many.
  func admitListing(user: String, session: SessionID) async throws -> (decision: RateDecision, counted: [RateAdmission])
  /// Counts these admissions, whatever the limit; those that are counted already stay as they are.
  func record(_ admissions: [RateAdmission]) async throws
}

/// A session that was admitted, and how long ago. An age means the same on every clock.
public struct RateAdmission: Sendable, Hashable {
  /// User whose window the start counts in.
  public var user: String
  /// Session that was started; a start is counted once by it.
  public var session: SessionID
  /// Time since the start.
  public var age: Duration

  /// Creates a rate admission.
  public init(user: String, session: SessionID, age: Duration) {
    self.user = user
    self.session = session
    self.age = age
  }
}
