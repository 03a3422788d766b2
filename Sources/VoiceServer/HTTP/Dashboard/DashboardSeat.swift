import NIOConcurrencyHelpers

/// One of the places for viewers: taken before the answer begins, free again when the answer is over or was never sent.
final class DashboardSeat: Sendable {
  private let taken: NIOLockedValueBox<Int>

  /// Nil where all are taken.
  init?(_ taken: NIOLockedValueBox<Int>, limit: Int) {
    let isFree = taken.withLockedValue { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
    guard isFree else { return nil }
    self.taken = taken
  }

  deinit { taken.withLockedValue { $0 -= 1 } }
}
