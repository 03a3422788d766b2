import NIOCore

/// One connection to one server: the handshake, then a pipeline of commands whose replies come in order, each with a deadline.
///
/// A deadline that passes ends the connection: were it kept, the late reply would be taken for the next command's.
struct RedisConnectionStateMachine {
  private enum State {
    /// The socket, and TLS on it, are being opened. Becomes `handshake` or `closed`.
    case opening
    /// The handshake is sent; waits for an answer to each of these steps. Becomes `ready` or `closed`.
    case handshake(ArraySlice<RedisHandshake.Step>)
    /// Takes commands. Becomes `closed`.
    case ready
    /// The end.
    case closed
  }

  private struct InFlight {
    var id: UInt64
    var deadline: NIODeadline
    var bytes: Int
    /// Replies that come before the command's own and are dropped, as `ASKING`'s.
    var ignoredReplies: Int
  }

  enum SubmitAction: Equatable {
    case write
    case refuse(Refusal)
    enum Refusal: Equatable { case notReady, full, late }
  }

  enum ReplyAction: Equatable {
    /// Nothing is to be done.
    case none
    /// The handshake is over.
    case ready
    /// This command's reply.
    case complete(UInt64)
    /// Close: the server sent a reply without a request.
    case violation
    /// Close: the server does not let this client in.
    case refused(RedisHandshake.Refusal)
  }

  enum TimeAction: Equatable {
    case wait(until: NIODeadline)
    case none
    case dropSilentGreeting
    case dropSilentCommand
  }

  private let handshake: RedisHandshake
  private let handshakeDeadline: NIODeadline
  private let maximumCommands: Int
  private let maximumBytes: Int
  private var state = State.opening
  private var inFlight = CircularBuffer<InFlight>()
  private var bytesInFlight = 0

  init(handshake: RedisHandshake, handshakeDeadline: NIODeadline, maximumCommands: Int = .max, maximumBytes: Int = .max) {
    precondition(!handshake.steps.isEmpty, "a connection is ready when the server has answered")
    self.handshake = handshake
    self.handshakeDeadline = handshakeDeadline
    self.maximumCommands = maximumCommands
    self.maximumBytes = maximumBytes
  }

  /// The socket is open: returns what to say first. With TLS it is said when the handshake is over.
  mutating func opened() -> [RedisHandshake.Step] {
    switch state {
    case .opening:
      state = .handshake(handshake.steps[...])
      return handshake.steps
    case .handshake, .ready: preconditionFailure("a connection opens once")
    case .closed: return []
    }
  }

  mutating func submitted(_ id: UInt64, deadline: NIODeadline, bytes: Int, ignoredReplies: Int = 0, at now: NIODeadline) -> SubmitAction {
    switch state {
    case .opening, .handshake, .closed: return .refuse(.notReady)
    case .ready:
      guard deadline > now else { return .refuse(.late) }
      // One command is always let through, however long it is.
      guard inFlight.isEmpty || (inFlight.count < maximumCommands && bytesInFlight + bytes <= maximumBytes) else { return .refuse(.full) }
      inFlight.append(InFlight(id: id, deadline: deadline, bytes: bytes, ignoredReplies: ignoredReplies))
      bytesInFlight += bytes
      return .write
    }
  }

  mutating func replied(_ reply: RedisReply) -> ReplyAction {
    switch state {
    case .opening:
      state = .closed
      return .violation
    case .handshake(var steps):
      let step = steps.removeFirst()
      switch handshake.verdict(on: reply, to: step) {
      case .accepted:
        state = steps.isEmpty ? .ready : .handshake(steps)
        return steps.isEmpty ? .ready : .none
      case .refused(let refusal):
        state = .closed
        return .refused(refusal)
      }
    case .ready:
      guard !inFlight.isEmpty else {
        state = .closed
        return .violation
      }
      if inFlight[inFlight.startIndex].ignoredReplies > 0 {
        inFlight[inFlight.startIndex].ignoredReplies -= 1
        return .none
      }
      let command = inFlight.removeFirst()
      bytesInFlight -= command.bytes
      return .complete(command.id)
    case .closed: return .none
    }
  }

  /// Says whether a deadline has passed, and when to ask again.
  mutating func timePassed(at now: NIODeadline) -> TimeAction {
    switch state {
    case .opening, .handshake:
      guard handshakeDeadline <= now else { return .wait(until: handshakeDeadline) }
      state = .closed
      return .dropSilentGreeting
    case .ready:
      guard let next = inFlight.lazy.map(\.deadline).min() else { return .none }
      guard next <= now else { return .wait(until: next) }
      state = .closed
      return .dropSilentCommand
    case .closed: return .none
    }
  }

  /// The connection is closed, or to be dropped: returns the commands that were on it, in order. Each may have run.
  mutating func closed() -> [UInt64] {
    state = .closed
    defer {
      inFlight.removeAll()
      bytesInFlight = 0
    }
    return inFlight.map(\.id)
  }
}
