/// One call of a tool that the gateway ran.
public struct ToolMetrics: Sendable, Equatable {
  /// Name of the tool.
  public var name: String
  /// The provider's `call_id`.
  public var call: String
  /// Time from the call to its output.
  public var took: Duration
  /// Label of the failure: `timeout` or an error's type; nil on success.
  public var failure: String?

  /// Creates tool metrics.
  public init(name: String, call: String, took: Duration, failure: String?) {
    self.name = name
    self.call = call
    self.took = took
    self.failure = failure
  }
}
