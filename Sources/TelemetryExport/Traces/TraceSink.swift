/// Takes traces as they finish. Called on an event loop: an implementation counts or queues, and never blocks.
public protocol TraceSink: Sendable {
  func finished(_ trace: FinishedTrace)
}
