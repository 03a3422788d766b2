/// An action that a ``ContextPrefetcher`` wants done.
public enum ContextAction: Sendable, Equatable {
  /// Ask the retriever; its answer comes back as ``ContextEvent/retrieved(id:_:)``.
  case ask(id: Int, RetrievalQuery)
  /// The answer is of no use any more: none will come.
  case cancel(id: Int)
  /// Put a system item with this text at the end of the conversation, hidden from the client.
  case inject(id: Int, text: String)
  /// Take that item out again.
  case withdraw(id: Int)
  /// Keep the client's request for an answer back, with all that it says behind it, until `settle` or `release`.
  case hold
  /// The client's request goes out: there is no turn to settle for it.
  case release
  /// The turn has its context, or none: whichever answer waits for it goes out, and the client is notified.
  case settle(ContextOutcome)
  /// A query ended: for metrics alone.
  case queried(QueryMetrics)
}
