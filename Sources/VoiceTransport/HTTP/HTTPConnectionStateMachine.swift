import NIOCore
import NIOHTTP1

/// The order of one HTTP/1.1 connection until it ends or becomes a WebSocket: one request after the other, each answered before the
/// next begins, every wait with a deadline.
///
/// Parts are queued as they arrive; ``next(isWritable:at:)`` hands out one step at a time. No step follows from two parsers' agreement: a
/// handshake is decided only once the decoder has left the pipeline, and a part that it delivers behind a handshake refuses it.
struct HTTPConnectionStateMachine {
  /// One thing that the peer did, in order.
  enum Arrival: Equatable {
    case head(HTTPRequestHead)
    case body(ByteBuffer)
    case end(HTTPHeaders?)
    /// The bytes are no HTTP; the reply says why.
    case fault(HTTPReply)
    /// The peer has closed its side.
    case inputClosed
  }

  enum Action: Equatable {
    /// Pass this part to the handlers of plain HTTP.
    case forward(HTTPServerRequestPart)
    /// Write 100 Continue: the client waits for it with its body.
    case writeContinue
    /// Take the decoder out of the pipeline, then call `decoderRemoved()`.
    case removeDecoder
    /// Ask for a decision, then call `accepted()` or ``refuse(_:at:)``.
    case decide(HTTPRequestHead, ServerHandshake)
    /// Write this reply and close. Without its body in answer to HEAD.
    case reply(HTTPReply, toHEAD: Bool)
    /// Close once all that was written is with the network.
    case closeAfterWrites
    /// Close at once.
    case close
  }

  enum State: Equatable {
    case idle
    case exchange(HTTPExchange)
    case handshake(HTTPRequestHead, ServerHandshake, phase: HandshakePhase)
    /// A refusal that waits for its time.
    case refusing(HTTPReply, at: NIODeadline)
    /// The last answer is written or being written; what still arrives is discarded.
    case closing
    case upgraded
    case closed
  }

  enum HandshakePhase: Equatable { case incomplete, complete, removingDecoder, undecided, deciding }

  let judge: RequestJudge
  let limits: HTTPLimits
  let times: HTTPTimes
  private(set) var state = State.idle
  private var arrivals: ArraySlice<Arrival> = []
  /// True if bytes of the current read may still be parsed.
  private var isReading = false
  private var isQuiescing = false
  /// True if the peer has sent everything.
  private var isInputClosed = false
  /// True if the last response was handed to the network.
  private var isLastAnswerWritten = false
  /// Deadline of the current state.
  private(set) var deadline: NIODeadline

  init(judge: RequestJudge, limits: HTTPLimits = HTTPLimits(), times: HTTPTimes = HTTPTimes(), now: NIODeadline) {
    self.judge = judge
    self.limits = limits
    self.times = times
    deadline = now + times.head
  }

  /// True if more bytes are wanted: nothing waits for its turn, and the peer reads its responses.
  func wantsBytes(isWritable: Bool) -> Bool {
    guard arrivals.isEmpty else { return false }
    switch state {
    case .idle: return isWritable
    case .exchange(let exchange): return !exchange.isReceived
    case .handshake(_, _, let phase): return phase == .incomplete
    case .refusing, .closing, .upgraded, .closed: return true
    }
  }

  /// True if bytes that the decoder left are the beginning of a WebSocket's.
  var keepsLeftovers: Bool { if case .handshake = state { true } else { false } }

  // MARK: The peer

  mutating func received(_ arrival: Arrival) {
    if arrival == .inputClosed { isInputClosed = true } else { isReading = true }
    switch state {
    case .closing, .upgraded, .closed: return
    case .refusing:
      if arrival == .inputClosed { arrivals = [arrival] }
      return
    case .idle, .exchange, .handshake: break
    }
    if arrivals.count < limits.maxQueuedParts {
      arrivals.append(arrival)
    } else if arrivals.count == limits.maxQueuedParts {
      arrivals.append(.fault(.tooManyRequests))
    }
  }

  mutating func readCompleted() { isReading = false }

  mutating func connectionClosed() {
    state = .closed
    arrivals = []
    deadline = .distantFuture
  }

  /// The listener closes: nothing begins any more, and what is under way comes to its end. A request that is not whole gets a moment more.
  mutating func quiesce(at now: NIODeadline) {
    isQuiescing = true
    switch state {
    case .exchange(let exchange) where !exchange.isReceived: deadline = min(deadline, now + times.linger)
    case .handshake(_, _, .incomplete): deadline = min(deadline, now + times.linger)
    default: break
    }
  }

  // MARK: The next step

  mutating func next(isWritable: Bool, at now: NIODeadline) -> Action? {
    while true {
      switch state {
      case .idle:
        if isQuiescing { return closeAfterWrites(at: now) }
        guard isWritable, let arrival = take() else { return nil }
        if let action = begin(arrival, at: now) { return action }
      case .exchange(var exchange):
        guard !exchange.isReceived else { return nil }
        guard let arrival = take() else {
          guard exchange.awaitsContinue, !exchange.isHeadWritten, !isReading else { return nil }
          exchange.awaitsContinue = false
          state = .exchange(exchange)
          return .writeContinue
        }
        return proceed(exchange, arrival, at: now)
      case .handshake(let head, let handshake, .incomplete):
        guard let arrival = take() else { return nil }
        switch arrival {
        case .end: state = .handshake(head, handshake, phase: .complete)
        case .fault(let reply): return self.reply(reply, at: now)
        case .inputClosed: return close()
        case .head, .body: return reply(.strayBytes, at: now)
        }
      case .handshake(let head, let handshake, let phase):
        if let stray = take() { return stray == .inputClosed ? close() : reply(.strayBytes, at: now) }
        switch phase {
        case .complete where !isReading:
          if isQuiescing { return close() }
          state = .handshake(head, handshake, phase: .removingDecoder)
          return .removeDecoder
        case .undecided:
          state = .handshake(head, handshake, phase: .deciding)
          return .decide(head, handshake)
        case .incomplete, .complete, .removingDecoder, .deciding: return nil
        }
      case .refusing(let reply, let due):
        if take() != nil { return close() }
        return now < due ? nil : self.reply(reply, at: now)
      case .closing: return isInputClosed && isLastAnswerWritten ? close() : nil
      case .upgraded, .closed: return nil
      }
    }
  }

  private mutating func take() -> Arrival? {
    let first = arrivals.popFirst()
    // A slice keeps what was taken from it.
    if arrivals.isEmpty { arrivals = [] }
    return first
  }

  private mutating func begin(_ arrival: Arrival, at now: NIODeadline) -> Action? {
    switch arrival {
    case .head(let head):
      switch judge.judge(head) {
      case .plain(let head):
        var exchange = HTTPExchange(head)
        exchange.closes = exchange.closes || isQuiescing
        state = .exchange(exchange)
        deadline = now + times.body
        return .forward(.head(head))
      case .handshake(let head, let handshake):
        state = .handshake(head, handshake, phase: .incomplete)
        return nil
      case .refusal(let reply): return self.reply(reply, toHEAD: head.method == .HEAD, at: now)
      }
    case .fault(let reply): return self.reply(reply, at: now)
    case .inputClosed: return closeAfterWrites(at: now)
    // Of a request that was refused.
    case .body, .end: return nil
    }
  }

  private mutating func proceed(_ exchange: HTTPExchange, _ arrival: Arrival, at now: NIODeadline) -> Action {
    var exchange = exchange
    switch arrival {
    case .body(let bytes):
      exchange.awaitsContinue = false
      state = .exchange(exchange)
      return .forward(.body(bytes))
    case .end(let trailers):
      exchange.isReceived = true
      if exchange.isAnswered {
        becomeIdle(at: now)
      } else {
        state = .exchange(exchange)
        deadline = .distantFuture
      }
      return .forward(.end(trailers))
    case .fault(let reply):
      // A response that has begun can say nothing more of it.
      return exchange.isHeadWritten ? close() : self.reply(reply, toHEAD: exchange.isHEAD, at: now)
    case .inputClosed, .head: return close()
    }
  }

  private mutating func becomeIdle(at now: NIODeadline) {
    state = .idle
    deadline = now + times.keepAlive
  }

  private mutating func reply(_ reply: HTTPReply, toHEAD: Bool = false, at now: NIODeadline) -> Action {
    beginClosing(at: now)
    return .reply(reply, toHEAD: toHEAD)
  }

  private mutating func close() -> Action {
    connectionClosed()
    return .close
  }

  private mutating func closeAfterWrites(at now: NIODeadline) -> Action {
    beginClosing(at: now)
    return .closeAfterWrites
  }

  private mutating func beginClosing(at now: NIODeadline) {
    state = .closing
    arrivals = []
    deadline = now + times.write
  }

  // MARK: The handshake

  mutating func decoderRemoved() {
    guard case .handshake(let head, let handshake, .removingDecoder) = state else { return }
    state = .handshake(head, handshake, phase: .undecided)
  }

  mutating func accepted() {
    state = .upgraded
    deadline = .distantFuture
  }

  /// Refuses the handshake that is being decided, no earlier than `due`.
  mutating func refuse(_ reply: HTTPReply, at due: NIODeadline) {
    guard case .handshake = state else { return }
    state = .refusing(reply, at: due)
    deadline = due
  }

  // MARK: Responses

  /// Takes the head of a response and puts what this connection needs into it; false when it must not be written.
  mutating func responds(_ head: inout HTTPResponseHead) -> Bool {
    guard case .exchange(var exchange) = state, !exchange.isHeadWritten else { return false }
    guard head.status.code >= 200 else { return true }
    exchange.isHeadWritten = true
    exchange.prepare(&head, isLast: isQuiescing)
    state = .exchange(exchange)
    return true
  }

  /// Returns true if a part of a response's body is written.
  var writesBody: Bool {
    guard case .exchange(let exchange) = state else { return false }
    return exchange.isHeadWritten && !exchange.isAnswered && !exchange.isHEAD
  }

  enum ResponseEnd: Equatable { case discard, write, writeAndClose }

  mutating func responseEnds(at now: NIODeadline) -> ResponseEnd {
    guard case .exchange(var exchange) = state, exchange.isHeadWritten, !exchange.isAnswered else { return .discard }
    if exchange.closes {
      beginClosing(at: now)
      return .writeAndClose
    }
    exchange.isAnswered = true
    if exchange.isReceived { becomeIdle(at: now) } else { state = .exchange(exchange) }
    return .write
  }

  /// The last answer is with the network, and this side is closed: the peer gets a moment to read it.
  mutating func lastAnswerWritten(at now: NIODeadline) {
    guard state == .closing else { return }
    isLastAnswerWritten = true
    deadline = now + times.linger
  }

  /// Handles a passed deadline; a refusal that was due comes by ``next(isWritable:at:)``.
  mutating func deadlinePassed(at now: NIODeadline) -> Action? {
    guard now >= deadline else { return nil }
    if case .refusing = state { return nil }
    return close()
  }
}
