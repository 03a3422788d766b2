/// A URL that may hold credentials: a user, a password, a key in its query. It prints without them; only ``expose()`` gives it away.
public struct SecretURL: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let text: String

  /// Creates a URL from its text, which is not judged.
  public init(_ text: String) { self.text = text }

  /// The URL itself, for the one place that needs it.
  public func expose() -> String { text }
  /// Scheme, host, port and path.
  public var description: String { Redaction.url(text) }
  /// Same as ``description``.
  public var debugDescription: String { description }
  /// Mirror without children, so that `dump` shows nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SecretURL: ExpressibleByStringLiteral {
  /// Creates a URL from a literal.
  public init(stringLiteral text: String) { self.init(text) }
}
