/// The life of a relayed session: admission, the dial, the opening, the conversation, the end.
///
/// Pure: events come in, in the past tense, and each answers what to do. The per-message answers are single values, so that
/// forwarding allocates nothing.
struct RelayLifecycleStateMachine {
  enum State: Equatable {
    /// Waits for the verdict on the client; becomes `dialling` or `closing`.
    case admitting
    /// Waits for a connection to upstream, which may take several dials; becomes `opening` or `closing`.
    case dialling
    /// Connected; waits for upstream's `session.created`, or for its error and close; becomes `open`, `dialling` or `closing`.
    case opening
    /// Both legs talk; becomes `recovering` or `closing`.
    case open
    /// Upstream was lost and is dialled again, while the client stays; becomes `open` or `closing`.
    case recovering
    /// The ending has been said; waits for both legs to be gone; becomes `closed`.
    case closing(CloseReason)
    case closed(CloseReason)
    /// The client went on in an older session before it was admitted here. The end, without a reason.
    case moved
  }

  /// Action for a message from the client.
  enum ClientAction: Equatable {
    case forward
    /// Not open yet: goes out after upstream's first event.
    case keep
    case discard
    /// Answered with an `invalid_event` error that says so.
    case refuse(ClientMistake)
    case answerPing
    case takePartialTranscript
    case takePlayback
    case refreshToken
    case end(CloseReason)
  }

  enum ClientMistake: Equatable {
    case binary, malformed, ambiguous, excessive
  }

  /// Action for a message from upstream.
  enum UpstreamAction: Equatable {
    case forward
    /// The first event: upstream is open. Announce the session, forward, let the client's messages flow.
    case open
    /// A new upstream is open in place of the lost one: restore the conversation there. Its first event is not the client's.
    case reopen
    /// Came before `session.created`: an error here is fatal when a close follows.
    case hold
    case discard
  }

  enum CloseAction: Equatable {
    /// The session ends now with this reason.
    case end(CloseReason)
    /// Sends the held messages of upstream to the client, then ends.
    case endWithHeld(CloseReason)
    /// Dial upstream again after a pause, unless that was tried too often.
    case recover
    /// The client dropped and may come back: what upstream says waits for it.
    case keepWarm(WebSocketClosure)
    /// The last leg is closed.
    case finish(CloseReason)
    case none
  }

  private(set) var state = State.admitting
  let hasVoiceEvents: Bool
  private var clientIsGone = false
  /// True while the session waits for a dropped client. Only while it is open or recovering.
  private(set) var isDetached = false
  /// True if there is no upstream, as before the dial.
  private var upstreamIsGone = true

  /// What is no event to the gateway may be one to a lenient server, past all policy: UTF-16, text behind a byte order mark, a binary message.
  private let refusesUnreadable: Bool

  init(hasVoiceEvents: Bool, hasPolicy: Bool = false) {
    self.hasVoiceEvents = hasVoiceEvents
    refusesUnreadable = hasVoiceEvents || hasPolicy
  }

  var isOpen: Bool { state == .open }

  /// True if a dial is wanted.
  var awaitsUpstream: Bool { state == .dialling || state == .recovering }

  /// Reason for the end of the session, past or pending.
  var closeReason: CloseReason? {
    switch state {
    case .admitting, .dialling, .opening, .open, .recovering, .moved: nil
    case .closing(let reason), .closed(let reason): reason
    }
  }

  // MARK: The verdict and the dial

  /// False when the client had gone in the meantime: nothing is to be dialled.
  mutating func admitted() -> Bool {
    switch state {
    case .admitting:
      state = .dialling
      return true
    case .dialling, .opening, .open, .recovering: preconditionFailure("admitted twice")
    case .closing, .closed, .moved: return false
    }
  }

  /// False when the session ended meanwhile: the connection is to be dropped.
  mutating func upstreamConnected() -> Bool {
    switch state {
    case .dialling:
      state = .opening
      upstreamIsGone = false
      return true
    case .recovering:
      upstreamIsGone = false
      return true
    case .admitting, .opening, .open: preconditionFailure("connected without a dial")
    case .closing, .closed, .moved: return false
    }
  }

  // MARK: Messages

  mutating func clientSent(_ scan: EventScanner.Result) -> ClientAction {
    switch state {
    case .admitting, .dialling, .opening:
      return .keep
    case .recovering:
      guard hasVoiceEvents, case .event(let kind) = scan else { return .keep }
      return dispatchInRecovery(kind)
    case .open:
      switch scan {
      case .event(let kind): return hasVoiceEvents ? dispatch(kind) : .forward
      case .untyped: return .forward
      // Policy goes by the type: what says two of them is let through nowhere.
      case .ambiguous: return .refuse(.ambiguous)
      // The pure protocol's own answer is upstream's to give.
      case .malformed: return refusesUnreadable ? .refuse(.malformed) : .forward
      case .excessive: return .refuse(.excessive)
      }
    case .closing, .closed, .moved:
      return .discard
    }
  }

  /// A binary message, which upstream answers with an error.
  mutating func clientSentBinary() -> ClientAction {
    switch state {
    case .admitting, .dialling, .opening, .recovering: .keep
    case .open: refusesUnreadable ? .refuse(.binary) : .forward
    case .closing, .closed, .moved: .discard
    }
  }

  /// An event that is between the client and the gateway waits for no upstream. Words of the client's own recogniser belong to audio that does.
  private func dispatchInRecovery(_ kind: EventKind) -> ClientAction {
    let action = dispatch(kind)
    return action == .forward || action == .takePartialTranscript ? .keep : action
  }

  private func dispatch(_ kind: EventKind) -> ClientAction {
    switch kind {
    case .ping: .answerPing
    case .partialTranscript: .takePartialTranscript
    case .playback: .takePlayback
    case .tokenRefresh: .refreshToken
    case .sessionEnd: .end(.sessionEnded)
    default: .forward  // Kinds are an open set: all that is not the gateway's own is upstream's.
    }
  }

  mutating func upstreamSent(_ kind: EventKind) -> UpstreamAction {
    switch state {
    case .admitting, .dialling, .moved: preconditionFailure("upstream spoke before it was dialled")
    case .opening:
      guard kind == .sessionCreated else { return .hold }
      state = .open
      return .open
    case .open: return .forward
    case .recovering:
      guard kind == .sessionCreated else { return .discard }
      state = .open
      return .reopen
    case .closing, .closed: return .discard
    }
  }

  // MARK: A client that comes back

  /// The client's connection took another one's place, or ended its absence. False when the session was not admitted, or is about to end.
  mutating func clientReturned() -> Bool {
    switch state {
    case .dialling, .opening, .open, .recovering:
      isDetached = false
      clientIsGone = false
      return true
    case .admitting, .closing, .closed, .moved: return false
    }
  }

  /// The client went on in an older session. False when it had gone in the meantime.
  mutating func clientMoved() -> Bool {
    switch state {
    case .admitting:
      state = .moved
      return true
    case .dialling, .opening, .open, .recovering: preconditionFailure("moved after it was admitted")
    case .closing, .closed, .moved: return false
    }
  }

  // MARK: Endings

  /// The session is to end. Only the first reason counts.
  mutating func ended(_ reason: CloseReason) -> CloseAction {
    switch state {
    case .admitting, .dialling, .opening, .open, .recovering:
      state = .closing(reason)
      return .end(reason)
    case .closing, .closed, .moved:
      return .none
    }
  }

  /// A dial came to nothing. `isTransient`: another one may succeed.
  mutating func dialFailed(isTransient: Bool) -> CloseAction {
    switch state {
    case .dialling, .recovering: isTransient ? .recover : ended(.upstreamUnavailable)
    case .admitting, .opening, .open: preconditionFailure("failed without a dial")
    case .closing, .closed, .moved: .none
    }
  }

  /// `mayReturn`: a client that is lost, instead of having said that it is done, is waited for.
  mutating func clientClosed(_ closure: WebSocketClosure, mayReturn: Bool = false) -> CloseAction {
    clientIsGone = true
    switch state {
    case .open, .recovering:
      guard mayReturn, !closure.isFarewell else { return ended(.clientClosed(closure)) }
      isDetached = true
      return .keepWarm(closure)
    case .admitting, .dialling, .opening:
      return ended(.clientClosed(closure))
    case .closing:
      return finishIfAlone()
    case .closed, .moved:
      return .none
    }
  }

  /// Upstream is given up for one that is there already: becomes `recovering` until that one's first event is taken.
  mutating func upstreamRenewed() {
    guard state == .open else { return }
    state = .recovering
    upstreamIsGone = true
  }

  /// An upstream that was dialled beside the one in use takes its place.
  mutating func upstreamTookOver() { if state == .recovering { upstreamIsGone = false } }

  mutating func upstreamClosed(_ closure: WebSocketClosure) -> CloseAction {
    upstreamIsGone = true
    switch state {
    case .admitting, .dialling, .moved: preconditionFailure("upstream closed before it was dialled")
    case .opening:
      // A close without a code, or without a close frame, says nothing that a client could use: it is dialled again.
      guard closure.isLoss else {
        state = .closing(.upstreamClosed(closure))
        return .endWithHeld(.upstreamClosed(closure))
      }
      state = .dialling
      return .recover
    case .open:
      guard closure.isLoss else { return ended(.upstreamClosed(closure)) }
      state = .recovering
      return .recover
    case .recovering:
      return .recover
    case .closing:
      return finishIfAlone()
    case .closed:
      return .none
    }
  }

  /// Call after the legs were asked to close: one of them may have been closed before.
  mutating func finishIfAlone() -> CloseAction {
    switch state {
    case .closing(let reason):
      // Who goes on elsewhere does not wait for an older connection that may be long dead.
      guard clientIsGone && upstreamIsGone || reason == .sessionReplaced else { return .none }
      state = .closed(reason)
      return .finish(reason)
    case .admitting, .dialling, .opening, .open, .recovering, .closed, .moved:
      return .none
    }
  }
}

extension WebSocketClosure {
  /// No close frame, none with a code, or one that speaks of the server's own trouble: the conversation may go on elsewhere.
  fileprivate var isLoss: Bool { [1005, 1006, 1011, 1012, 1013, 1014].contains(code) }

  /// True if a client that closed so will not return: 1000, or no code. A page that is reloaded sends 1001, a
  /// network that goes away nothing at all.
  fileprivate var isFarewell: Bool { code == 1000 || code == 1005 }
}
