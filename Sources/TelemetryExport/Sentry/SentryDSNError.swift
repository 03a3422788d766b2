/// Fault of a DSN. Never holds the DSN itself.
public struct SentryDSNError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Goes behind "the DSN".
  public var message: String
  init(_ message: String) { self.message = message }
  public var description: String { "the DSN \(message); expected https://KEY@HOST/PROJECT" }
}
