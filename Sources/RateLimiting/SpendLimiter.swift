public import VoiceCore

/// Daily spending (UTC) of users over all instances, against one limit.
///
/// Amounts are of one connection of a session, in millionths of a US dollar, and absolute: asking twice changes nothing. A connection
/// that lasts past midnight counts in the new day with all that it spent.
public protocol SpendLimiter: Sendable {
  /// Sets aside up to `amount` for what a session spends in all. Answers how much of it is set aside: less where the user's day does not
  /// hold more, never less than before; `0` where nothing is left.
  func reserve(_ amount: Int64, for session: SessionID, of user: String) async throws -> Int64
  /// The session is over and spent this much: what was set aside beyond it is given back.
  func settle(_ spent: Int64, for session: SessionID, of user: String) async throws
}
