import NIOCore

/// One connection that listens: the handshake, the subscription, then messages, and pings so that a silent server is noticed.
struct RedisSubscriptionStateMachine {
  private enum State {
    /// Waits for the socket. Becomes `handshake`.
    case opening
    /// Waits for an answer to each step. Becomes `subscribing`.
    case handshake(ArraySlice<RedisHandshake.Step>)
    /// Waits for as many confirmations. Becomes `listening`.
    case subscribing(awaited: Int)
    case listening
    /// The end.
    case closed
  }

  enum ReplyAction: Equatable {
    case none
    case subscribe([String])
    case subscribed
    case deliver(channel: String, ByteBuffer)
    case violation
    case refused(RedisHandshake.Refusal)
    /// The server does not let this user listen.
    case forbidden(RedisErrorReply)
  }

  enum TimeAction: Equatable { case none, ping, drop }

  private let handshake: RedisHandshake
  private let channels: [String]
  private let interval: TimeAmount
  private var state = State.opening
  private var heardAt: NIODeadline

  /// - Parameter interval: a server that says nothing for this long is pinged, and dropped after as long again.
  init(handshake: RedisHandshake, channels: [String], interval: TimeAmount, at now: NIODeadline) {
    precondition(!handshake.steps.isEmpty && !channels.isEmpty, "there is something to ask and something to listen to")
    self.handshake = handshake
    self.channels = channels
    self.interval = interval
    heardAt = now
  }

  mutating func opened() -> [RedisHandshake.Step] {
    guard case .opening = state else { return [] }
    state = .handshake(handshake.steps[...])
    return handshake.steps
  }

  mutating func replied(_ reply: RedisReply, at now: NIODeadline) -> ReplyAction {
    heardAt = now
    switch state {
    case .opening: return close(.violation)
    case .handshake(var steps):
      let step = steps.removeFirst()
      switch handshake.verdict(on: reply, to: step) {
      case .accepted:
        state = steps.isEmpty ? .subscribing(awaited: channels.count) : .handshake(steps)
        return steps.isEmpty ? .subscribe(channels) : .none
      case .refused(let refusal): return close(.refused(refusal))
      }
    case .subscribing(let awaited):
      if case .error(let error) = reply { return close(.forbidden(error)) }
      guard reply.array?.first?.string == "subscribe" else { return close(.violation) }
      state = awaited > 1 ? .subscribing(awaited: awaited - 1) : .listening
      return awaited > 1 ? .none : .subscribed
    case .listening:
      guard let parts = reply.array, let kind = parts.first?.string else { return close(.violation) }
      if kind == "message", parts.count == 3, let channel = parts[1].string, case .bulk(let payload) = parts[2] {
        return .deliver(channel: channel, payload)
      }
      return kind == "pong" ? .none : close(.violation)
    case .closed: return .none
    }
  }

  /// Asked once an interval.
  mutating func timePassed(at now: NIODeadline) -> TimeAction {
    switch state {
    case .closed: return .none
    case .opening, .handshake, .subscribing:
      guard heardAt + interval * 2 <= now else { return .none }
      state = .closed
      return .drop
    case .listening:
      if heardAt + interval * 2 <= now {
        state = .closed
        return .drop
      }
      return .ping
    }
  }

  private mutating func close(_ action: ReplyAction) -> ReplyAction {
    state = .closed
    return action
  }
}
