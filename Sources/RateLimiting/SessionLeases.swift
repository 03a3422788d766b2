public import VoiceCore

/// The cap on a user's concurrent sessions, over all instances. A lease that is not renewed expires by itself.
///
/// A lease belongs to one owner of a session: one that takes the session over takes its lease over.
public protocol SessionLeases: Sendable {
  /// Takes a lease. Asking again for the same owner renews it.
  func acquire(user: String, session: SessionID, owner: SessionOwner) async throws -> LeaseAnswer
  /// Extends a lease, and says whether it is still this owner's.
  func renew(user: String, session: SessionID, owner: SessionOwner) async throws -> LeaseStanding
  /// Gives this owner's lease back; a newer owner's stays.
  func release(user: String, session: SessionID, owner: SessionOwner) async throws
}

/// Outcome of asking for a lease.
public enum LeaseAnswer: Sendable, Hashable {
  /// The lease is the caller's.
  case held
  /// The cap is reached, by these of the user's sessions.
  case full([SessionLease])
  /// A newer owner holds the lease of this session.
  case replaced

  /// True if the lease is the caller's.
  public var isHeld: Bool { self == .held }
}

/// State of a lease that was held.
public enum LeaseStanding: Sendable, Hashable {
  /// The lease is still this owner's.
  case held
  /// It ran out, or the store lost it: it is to be acquired again.
  case lost
  /// A newer owner holds the lease of this session.
  case replaced
}
