/// A named value of a span. Never holds what was said, nor a credential.
public struct TraceAttribute: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double)
  }
  public var name: String
  public var value: Value

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
