/// A question that was not answered.
public struct RetrievalError: Error, Sendable, Hashable, CustomStringConvertible {
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ name: String) { description = name }
    public static let timeout = Code("timeout")
    public static let unreachable = Code("unreachable")
    /// The answer could not be read.
    public static let badAnswer = Code("bad_answer")
    /// The retriever said no: a wrong key, an unknown collection, an overload.
    public static let refused = Code("refused")
    /// Not asked at all, because it failed too often just now.
    public static let circuitOpen = Code("circuit_open")
    public static let cancelled = Code("cancelled")
  }
  public var code: Code
  /// Names the host or the collection, never the question, a key or a document.
  public var message: String
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
  public var description: String { "\(code): \(message)" }
}
