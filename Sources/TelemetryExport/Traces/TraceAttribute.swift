/// A named value of a span. Never holds what was said, nor a credential.
public struct TraceAttribute: Sendable, Equatable {
  /// Value of an attribute.
  public enum Value: Sendable, Equatable {
    /// Text.
    case text(String)
    /// A whole number.
    case integer(Int)
    /// A number.
    case number(Double)
  }
  /// Name of the attribute.
  public var name: String
  /// Value of the attribute.
  public var value: Value

  /// Creates a trace attribute.
  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }

  /// A text is scrubbed on its way out.
  var json: JSONNode {
    switch value {
    case .text(let text): .string(Scrubber.scrub(text))
    case .integer(let number): .integer(Int64(number))
    case .number(let number): .number(number)
    }
  }
}
