/// Amount that a session may spend before it asks for more: granted in slices, so that a user's sessions share what is left of the
/// day, and none spends what another one was promised.
public struct SpendAllowance: Sendable, Equatable {
  /// Size of a grant, about a minute of talk with the most expensive model, in millionths of a US dollar.
  public static let slice: Int64 = 100_000

  /// Spending so far, in millionths of a US dollar.
  public private(set) var spent: Int64 = 0
  private var granted: Int64 = 0

  /// Creates a spend allowance.
  public init() {}

  /// Amount to request at the start.
  public var first: Int64 { Self.slice }

  /// The session has spent this much in all. Answers what to ask for in all, when it has used up what it was given.
  public mutating func spent(_ total: Int64) -> Int64? {
    spent = max(spent, total)
    return spent >= granted ? spent + Self.slice : nil
  }

  /// This much was set aside in all. False: all of that is spent, and there is no more.
  public mutating func granted(_ amount: Int64) -> Bool {
    granted = amount
    return spent < granted
  }
}
