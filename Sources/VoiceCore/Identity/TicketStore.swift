/// Keeps who short-lived tokens stand for, and what sessions they open, over all instances: tickets for one connection, and client secrets.
///
/// A name is a digest of the token, so that what is stored opens nothing.
public protocol TicketStore: Sendable {
  /// Keeps `holder` under `name` for `lifetime`, then forgets it. False, with nothing kept, where this user or the store
  /// has too many that live.
  func put(_ holder: VerifiedToken, under name: String, for lifetime: Duration) async throws -> Bool
  /// The holder, and forgets it: of all that ask, on any instance and at once, one gets it.
  func take(_ name: String) async throws -> VerifiedToken?
  /// The holder, for as long as it is kept.
  func find(_ name: String) async throws -> VerifiedToken?
}
