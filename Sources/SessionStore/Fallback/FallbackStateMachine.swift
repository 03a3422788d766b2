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

  private(set) var state = State.primary
  private var rounds = 0

  /// A command found Redis away.
  mutating func primaryFailed() -> Action {
    switch state {
    case .primary:
      state = .away
      return .takeOver
    case .away, .returning: return .none
    }
  }

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
  mutating func wroteThrough(left: Int) -> Action {
    switch state {
    case .returning:
      rounds += 1
      guard left <= Self.fewChanges || rounds >= Self.maximumRounds else { return .writeThrough }
      state = .primary
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
