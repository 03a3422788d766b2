/// A kind of data that Sentry limits by itself. Open: the server may name others.
public struct SentryCategory: Sendable, Hashable {
  /// Name of the category in Sentry's rate limits.
  public var name: String
  /// Creates a Sentry category.
  public init(_ name: String) { self.name = name }
  /// Errors.
  public static let error = Self("error")
  /// Transactions.
  public static let transaction = Self("transaction")
  /// Release health.
  public static let session = Self("session")
  /// Client reports: never limited, never reported.
  static let `internal` = Self("internal")
}
