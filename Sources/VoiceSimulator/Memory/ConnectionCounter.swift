import NIOConcurrencyHelpers

/// Numbers connections from 1, so that each has ids of its own.
final class ConnectionCounter: Sendable {
  private let count = NIOLockedValueBox<UInt64>(0)

  func next() -> UInt64 {
    count.withLockedValue { count in
      count += 1
      return count
    }
  }
}
