import NIOCore
import VoiceCore

/// One speaker of a load: opens, asks, listens to the answer, asks again, until it is told to go.
///
/// Pure. The microphone is always open: each tick is one piece of audio, speech or silence.
struct LoadSpeakerStateMachine {
  enum State: Equatable {
    /// Waits for `session.created`, becomes `speaking` or `ended`.
    case opening(since: NIODeadline)
    /// Says a question; becomes `waiting` with its last piece.
    case speaking(next: Int)
    /// Was heard to its end, or is about to be; waits for the first audio of the answer, becomes `hearing` or, out of patience, `resting`.
    case waiting(since: NIODeadline, stopped: NIODeadline?)
    /// Hears the answer; becomes `resting` with its end.
    case hearing(since: NIODeadline)
    /// Is silent until the next question; becomes `speaking`.
    case resting(until: NIODeadline)
    /// Said goodbye; waits for the close.
    case leaving(since: NIODeadline)
    case ended
  }

  enum Action: Equatable {
    case none
    case sendSpeech(piece: Int)
    case sendSilence
    case sayGoodbye
    case close
    case report(LoadEvent)
  }

  private(set) var state: State
  private let pieces: Int
  private let pause: TimeAmount
  private let patience: TimeAmount
  private var isWanted = true

  /// - Parameter pieces: of speech in one question.
  init(dialledAt now: NIODeadline, pieces: Int, plan: LoadPlan) {
    state = .opening(since: now)
    self.pieces = pieces
    pause = TimeAmount(plan.pause)
    patience = TimeAmount(plan.patience)
  }

  /// A tenth of a second has passed.
  mutating func ticked(at now: NIODeadline) -> Action {
    switch state {
    case .opening(let since):
      guard now - since > patience else { return .none }
      state = .leaving(since: now)
      return .report(.failed("opening_timeout"))
    case .speaking(let next):
      guard isWanted else { return leave(at: now) }
      state = next + 1 < pieces ? .speaking(next: next + 1) : .waiting(since: now, stopped: nil)
      return .sendSpeech(piece: next)
    case .waiting(let since, _):
      guard isWanted else { return leave(at: now) }
      guard now - since > patience else { return .sendSilence }
      state = .resting(until: now + pause)
      return .report(.failed("answer_timeout"))
    case .hearing(let since):
      guard isWanted else { return leave(at: now) }
      // An answer is never this long.
      if now - since > patience + patience { state = .resting(until: now + pause) }
      return .sendSilence
    case .resting(let until):
      guard isWanted else { return leave(at: now) }
      if now >= until { state = .speaking(next: 0) }
      return .sendSilence
    case .leaving(let since): return now - since > .seconds(3) ? .close : .none
    case .ended: return .none
    }
  }

  mutating func received(_ kind: EventKind, at now: NIODeadline) -> Action {
    switch (state, kind) {
    case (.opening(let since), .sessionCreated):
      state = .speaking(next: 0)
      return .report(.opened(now - since))
    case (.waiting(let since, _), .speechStopped):
      state = .waiting(since: since, stopped: now)
      return .none
    case (.waiting(_, let stopped?), .outputAudioDelta):
      state = .hearing(since: now)
      return .report(.answered(now - stopped))
    case (.hearing, .responseDone):
      state = .resting(until: now + pause)
      return .none
    default: return .none  // Kinds are an open set, and most say nothing about time.
    }
  }

  /// The load is over: says goodbye with the next tick.
  mutating func dismissed() { isWanted = false }

  /// The connection is closed, or never came to be.
  mutating func closed() { state = .ended }

  private mutating func leave(at now: NIODeadline) -> Action {
    state = .leaving(since: now)
    return .sayGoodbye
  }
}
