/// One call of a tool that the gateway ran.
public struct ToolMetrics: Sendable, Equatable {
  public var name: String
  /// The provider's `call_id`.
  public var call: String
  public var took: Duration
  /// Label of the failure: `timeout` or an error's type; nil on success.
  public var failure: String?

  public init(name: String, call: String, took: Duration, failure: String?) {
    self.name = name
    self.call = call
    self.took = took
    self.failure = failure
  }
}
