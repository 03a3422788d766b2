public import VoiceCore

/// Leases that can be told what others granted: that is how nothing is lost when one takes over from the other.
public protocol RecordingSessionLeases: SessionLeases {
  /// Takes these leases, or renews them, whatever the cap.
  func record(_ leases: [SessionLease]) async throws
}

/// One user's lease for one session.
public struct SessionLease: Sendable, Hashable {
  public var user: String
  public var session: SessionID
  public var owner: SessionOwner

  public init(user: String, session: SessionID, owner: SessionOwner) {
    self.user = user
    self.session = session
    self.owner = owner
  }
}
