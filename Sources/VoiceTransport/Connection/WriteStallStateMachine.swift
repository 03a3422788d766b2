import NIOCore

/// Notices queued bytes that stand still for too long.
struct WriteStallStateMachine {
  let timeout: TimeAmount
  /// Bytes that had left when the present wait began, and when that was; `nil` while nothing is known to wait.
  private var waiting: (written: Int, since: NIODeadline)?

  init(timeout: TimeAmount) { self.timeout = timeout }

  /// Returns the time of the next check.
  func deadline(after now: NIODeadline) -> NIODeadline { (waiting?.since ?? now) + timeout }

  /// Takes what has been written so far and what waits; true when nothing has moved for the whole timeout.
  mutating func checked(written: Int, buffered: Int, at now: NIODeadline) -> Bool {
    guard buffered > 0 else {
      waiting = nil
      return false
    }
    if let waiting, waiting.written == written { return now >= waiting.since + timeout }
    waiting = (written, now)
    return false
  }
}
