/// Takes traces as they finish. Called on an event loop: an implementation counts or queues, and never blocks.
public protocol TraceSink: Sendable {
  /// Takes a trace that is complete. Never blocks.
  func finished(_ trace: FinishedTrace)
}
