import NIOConcurrencyHelpers

/// The newest of many values for one reader: one that was not read yet makes room for the next, so that no writer can fill a queue.
final class NewestValue<Value: Sendable>: Sendable {
  private let value = NIOLockedValueBox<Value?>(nil)
  private let wakes: AsyncStream<Void>
  private let waker: AsyncStream<Void>.Continuation

  init() { (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  func put(_ newest: Value) {
    value.withLockedValue { $0 = newest }
    waker.yield()
  }

  /// Reads until the task is cancelled.
  func read(_ body: (Value) async -> Void) async {
    for await _ in wakes { if let newest = value.withLockedValue({ $0.take() }) { await body(newest) } }
  }
}
