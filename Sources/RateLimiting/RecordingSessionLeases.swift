public import VoiceCore

/// Leases that can be told what others granted: that is how nothing is lost when one takes over from the other.
public protocol RecordingSessionLeases: SessionLeases {
  /// Takes these leases, or renews them, whatever the cap.
  func record(_ leases: [SessionLease]) async throws
}

/// One user's lease for one session.
public struct SessionLease: Sendable, Hashable {
  /// User whose session it is.
  public var user: String
  /// Session that the lease is for.
  public var session: SessionID
  /// Connection that runs the session.
  public var owner: SessionOwner

  /// Creates a session lease.
  public init(user: String, session: SessionID, owner: SessionOwner) {
    self.user = user
    self.session = session
    self.owner = owner
  }

  /// Compares users by bytes.
  public static func == (left: Self, right: Self) -> Bool {
    left.session == right.session && left.owner == right.owner && ExactText(left.user) == ExactText(right.user)
  }

  /// Hashes what leases mostly differ in.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(session)
    hasher.combine(owner)
  }
}
