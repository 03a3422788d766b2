import NIOCore

/// Choice of the serving store: Redis, or memory while it is unavailable.
struct FallbackStateMachine {
  enum State: Equatable {
    /// Redis serves. Becomes `away` with the first command that finds it away.
    case primary
    /// Memory serves, and what changes is noted. Becomes `returning` when a probe finds Redis back.
    case away
    /// Memory still serves, while what changed is written through. Becomes `primary` once nothing is left to write, or `away`.
    case returning
  }

  enum Action: Equatable {
    case none
    /// Memory serves from now on: one warning.
    case takeOver
    case writeThrough
    /// Redis serves from now on.
    case resume
  }

  private static let fewChanges = 256
  private static let maximumRounds = 4
  /// A return that ends within this time in a refusal, which the probe did not meet, has failed.
  private static let trial = TimeAmount.seconds(10)
  /// With a probe a second later, Redis is used again within 5 s of the last refusal.
  private static let longestHold = TimeAmount.seconds(4)

  private(set) var state = State.primary
  private var rounds = 0
  private var resumedAt: NIODeadline?
  /// Number of returns in a row that have failed.
  private(set) var failedReturns = 0
  private var heldUntil: NIODeadline?

  /// A command found Redis away.
  ///
  /// - Parameter isRefusal: Redis answered, and a probe may pass all the same.
  mutating func primaryFailed(isRefusal: Bool = false, at now: NIODeadline) -> Action {
    switch state {
    case .primary:
      state = .away
      let hasFailed = isRefusal && isOnTrial(at: now)
      failedReturns = hasFailed ? failedReturns + 1 : 0
      heldUntil = hasFailed ? now + min(.seconds(1 << Int64(min(failedReturns - 1, 8))), Self.longestHold) : nil
      return .takeOver
    case .away, .returning: return .none
    }
  }

  /// True for a while after each return.
  private func isOnTrial(at now: NIODeadline) -> Bool { resumedAt.map { now - $0 < Self.trial } ?? false }

  /// True while it is not known yet whether Redis serves for longer than it did the last time.
  func isDoubtful(at now: NIODeadline) -> Bool { failedReturns > 0 && isOnTrial(at: now) }

  /// False while a probe would only lead to another return that fails.
  func mayProbe(at now: NIODeadline) -> Bool { heldUntil.map { $0 <= now } ?? true }

  mutating func probed(isBack: Bool) -> Action {
    switch state {
    case .away:
      guard isBack else { return .none }
      state = .returning
      rounds = 0
      return .writeThrough
    case .primary, .returning: return .none
    }
  }

  /// A round of writing ended well.
  ///
  /// - Parameter left: how many changes came meanwhile. A few are written when Redis serves already: under load there are always some.
  mutating func wroteThrough(left: Int, at now: NIODeadline) -> Action {
    switch state {
    case .returning:
      rounds += 1
      guard left <= Self.fewChanges || rounds >= Self.maximumRounds else { return .writeThrough }
      state = .primary
      resumedAt = now
      return .resume
    case .primary, .away: return .none
    }
  }

  mutating func writeThroughFailed() -> Action {
    switch state {
    case .returning:
      state = .away
      return .none
    case .primary, .away: return .none
    }
  }
}
