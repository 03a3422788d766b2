/// A token, key or password. It prints as `***` wherever it goes; only ``expose()`` gives it away.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let value: String

  /// Creates a secret around a text.
  public init(_ value: String) { self.value = value }

  /// The value itself, for the one place that needs it.
  public func expose() -> String { value }
  /// True if the secret has no characters.
  public var isEmpty: Bool { value.isEmpty }
  public var description: String { "***" }
  public var debugDescription: String { "***" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
