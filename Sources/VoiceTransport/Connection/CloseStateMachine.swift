import VoiceCore

/// Closing handshake of a connection (RFC 6455 section 7): which side closed first, what is still to be sent, when TCP closes.
struct CloseStateMachine {
  enum Action: Equatable {
    /// Queue a close frame behind all that is queued, and flush.
    case sendClose(WebSocketClosure)
    /// Tell the owner, once.
    case notify(WebSocketClosure)
    /// End by this deadline whatever happens.
    case startTimer
    /// Once all that is queued is written, close TCP.
    case closeAfterWrites
    /// Once all that is queued is written, close this side of TCP: the peer may still be sending, and closing it all
    /// would reset the connection and lose the close frame.
    case shutdownAfterWrites
    /// Close TCP now.
    case drop
  }

  private enum State: Equatable {
    /// Data flows. Everything below comes from here.
    case open
    /// Our close frame is sent, the peer's is awaited: `ending` when it comes.
    case closing(WebSocketClosure)
    /// Both frames, or a fault: TCP is to end.
    case ending
    /// TCP is closed.
    case closed
  }

  let role: WebSocketRole
  private var state = State.open

  init(role: WebSocketRole) { self.role = role }

  /// True while data passes in both directions.
  var isOpen: Bool { state == .open }
  /// True while frames of the peer are read.
  var isListening: Bool {
    switch state {
    case .open, .closing: true
    case .ending, .closed: false
    }
  }

  mutating func closeRequested(_ closure: WebSocketClosure) -> [Action] {
    switch state {
    case .open:
      state = .closing(closure)
      return [.sendClose(closure), .startTimer]
    case .closing, .ending, .closed: return []
    }
  }

  mutating func closeReceived(_ closure: WebSocketClosure) -> [Action] {
    switch state {
    case .open:
      state = .ending
      // The owner is notified before TCP goes: that may happen at once, and then there is no owner to call.
      return [.sendClose(closure), .startTimer, .notify(closure), role == .server ? .closeAfterWrites : .shutdownAfterWrites]
    case .closing(let ours):
      state = .ending
      // The server closes TCP first (section 7.1.1); a client waits for it, within the same timer.
      return [.notify(ours), role == .server ? .closeAfterWrites : .shutdownAfterWrites]
    case .ending, .closed: return []
    }
  }

  mutating func violated(_ violation: ProtocolViolation) -> [Action] {
    switch state {
    case .open:
      state = .ending
      return [.sendClose(violation.closure), .startTimer, .notify(violation.closure), .shutdownAfterWrites]
    case .closing(let ours):
      state = .ending
      return [.notify(ours), .shutdownAfterWrites]
    case .ending, .closed: return []
    }
  }

  /// The timer ran out, or the peer is dead, or the owner gave up.
  mutating func dropped() -> [Action] {
    switch state {
    case .open, .closing, .ending: [.drop]
    case .closed: []
    }
  }

  mutating func connectionLost() -> [Action] {
    let last = state
    state = .closed
    switch last {
    case .open: return [.notify(.abnormal)]
    case .closing(let ours): return [.notify(ours)]
    case .ending, .closed: return []
    }
  }
}
