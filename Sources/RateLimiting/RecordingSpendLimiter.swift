public import VoiceCore

/// A ledger that tells what it knows, and can be told what another one booked: that is how nothing is lost when one takes over from the
/// other.
public protocol RecordingSpendLimiter: SpendLimiter {
  /// Sets aside as ``SpendLimiter/reserve(_:for:of:)`` does, and tells what all other connections of the user have set aside or spent
  /// today, in millionths of a US dollar.
  func reserveTelling(_ amount: Int64, for connection: SessionID, of user: String) async throws -> (granted: Int64, others: Int64)
  /// Books these amounts in place of what stands for the same connections; those of another day than today are passed over.
  func record(_ entries: [SpendEntry]) async throws
}

/// Allowance and spend of one connection on one day.
public struct SpendEntry: Sendable, Hashable {
  /// User who spends.
  public var user: String
  /// Connection that the amount belongs to.
  public var connection: SessionID
  /// Millionths of a US dollar.
  public var amount: Int64
  /// Days since 1970, UTC.
  public var day: Int64

  /// Creates a spend entry.
  public init(user: String, connection: SessionID, amount: Int64, day: Int64) {
    self.user = user
    self.connection = connection
    self.amount = amount
    self.day = day
  }
}
