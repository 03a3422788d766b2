/// A reading of the store's clock, by which moments of this instance are told in the store's time.
///
/// The clock was read somewhere between question and answer; taken as halfway, it errs by no more than half of what they took.
struct StoreClockReading: Sendable, Equatable {
  private let time: Int64
  private let moment: ContinuousClock.Instant

  /// - Parameters:
  ///   - time: answer of the store, in microseconds.
  ///   - asked: when the question was sent.
  ///   - answered: when the answer was there.
  init(_ time: Int64, asked: ContinuousClock.Instant, answered: ContinuousClock.Instant) {
    self.time = time
    moment = asked + (answered - asked) / 2
  }

  /// Microseconds of the store's clock at `instant`.
  func time(of instant: ContinuousClock.Instant) -> Int64 {
    let distance = (instant - moment).components
    return time + distance.seconds * 1_000_000 + distance.attoseconds / 1_000_000_000_000
  }
}
