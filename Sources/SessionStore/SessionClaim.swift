/// A connection's claim to run a stored session, with all that tells which of several is the newest.
public struct SessionClaim: Sendable, Hashable {
  /// Name of the instance that the connection is on.
  public var instance: String
  /// Number of the connection within its instance; one that arrived later has a greater one.
  public var number: Int64
  /// Time at which the connection arrived, in microseconds of the store's clock: reckoned from ``SessionTenure/time``. Nil: now.
  public var arrival: Int64?

  /// Creates a claim. Without a number the instance has no other claims to the session.
  public init(instance: String, number: Int64 = .max >> 10, arrival: Int64? = nil) {
    self.instance = instance
    self.number = number
    self.arrival = arrival
  }
}

/// Answer to a claim.
public enum SessionTaking: Sendable, Equatable {
  /// The session is the claimant's.
  case taken(TakenSession)
  /// There is no such session.
  case missing
  /// A connection that arrived later runs it; nothing changed.
  case replaced
}
