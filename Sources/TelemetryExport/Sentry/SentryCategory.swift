/// A kind of data that Sentry limits by itself. Open: the server may name others.
public struct SentryCategory: Sendable, Hashable {
  public var name: String
  public init(_ name: String) { self.name = name }
  public static let error = Self("error")
  public static let transaction = Self("transaction")
  public static let session = Self("session")
  /// Client reports: never limited, never reported.
  static let `internal` = Self("internal")
}
