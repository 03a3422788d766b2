/// A question that was not answered.
public struct RetrievalError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Code of a failure. An open set: others may follow.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    /// Creates a code of this text.
    public init(_ name: String) { description = name }
    /// No answer within the time allowed.
    public static let timeout = Code("timeout")
    /// No connection to the source.
    public static let unreachable = Code("unreachable")
    /// The answer could not be read.
    public static let badAnswer = Code("bad_answer")
    /// The retriever said no: a wrong key, an unknown collection, an overload.
    public static let refused = Code("refused")
    /// Not asked at all, because it failed too often just now.
    public static let circuitOpen = Code("circuit_open")
    /// There is nothing that this caller may search: a fault of the caller's token, not of the retriever.
    public static let notAllowed = Code("not_allowed")
    /// The query was cancelled.
    public static let cancelled = Code("cancelled")
  }
  /// Code of the failure.
  public var code: Code
  /// Names the host or the collection, never the question, a key or a document.
  public var message: String
  /// Creates a retrieval error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
  public var description: String { "\(code): \(message)" }
}
