import NIOCore

/// The one owner of the gateway's `response.create`: a committed item is answered at most once, never while another response is
/// being made or asked for, and not at all when the user goes on speaking or another response answers it.
struct ResponseSequencerStateMachine {
  /// A committed item on its way to an answer.
  private enum Waiting: Equatable {
    /// Its context is being waited for; becomes `ready`.
    case holding(item: String)
    /// May be answered as soon as no other response is being made or asked for.
    case ready(item: String)

    var item: String {
      switch self {
      case .holding(let item), .ready(let item): item
      }
    }
  }

  /// A `response.create` that upstream has not answered yet. It answers them in order.
  private enum Request: Equatable {
    case gateway(item: String)
    /// By the client's `event_id`, where it gave one. `turn` counts the commits before it.
    case client(id: String?, turn: Int)

    var isClients: Bool {
      switch self {
      case .gateway: false
      case .client: true
      }
    }
  }

  enum Action: Equatable {
    /// Wait for the context of this item, no longer than the deadline.
    case hold(item: String)
    /// Inject the context, if there is one, and send `response.create`.
    case request(item: String)
    /// What was held is not to be answered: stop waiting.
    case cancelHold(item: String)
    case none
  }

  private var waiting: Waiting?
  private var requests = CircularBuffer<Request>()
  /// The conversation's response that is being made.
  private var active: String?

  private var turn = 0

  /// Whether an answer of the gateway's making is due.
  var isPending: Bool { waiting != nil || requests.contains { !$0.isClients } }

  /// Whether upstream has yet to answer a request of the client.
  var owesClient: Bool { requests.contains(where: \.isClients) }

  /// The user's audio became an item that the gateway is to answer. An item that still waits is answered together with it.
  mutating func committed(item: String) -> Action {
    turn += 1
    // Errors do not always say what they are about: a request that was not answered for so long never will be.
    requests.removeAll { if case .client(_, let turn) = $0 { turn < self.turn - 16 } else { false } }
    waiting = .holding(item: item)
    return .hold(item: item)
  }

  /// The context of `item` is there, or will not be, or the deadline passed.
  mutating func contextSettled(item: String) -> Action {
    guard waiting == .holding(item: item) else { return .none }
    waiting = .ready(item: item)
    return requestIfFree()
  }

  /// The user speaks again: both items are answered after the next commit.
  mutating func speechStarted() -> Action { cancelWaiting() }

  /// The client asked for a response itself. If that is made, it answers what was committed before; if it is refused, the gateway does.
  mutating func clientRequested(id: String?) {
    requests.append(.client(id: id, turn: turn))
    // Upstream answers every one; this many at once are nobody's conversation.
    if requests.count > 64 { requests.removeFirst() }
  }

  /// A response was begun, by whomever: it answers all that was committed before.
  mutating func responseCreated(_ id: String, isOutOfBand: Bool) -> Action {
    guard !isOutOfBand else { return .none }
    active = id
    _ = requests.popFirst()
    return cancelWaiting()
  }

  /// A response ended, whatever its status.
  mutating func responseDone(_ id: String) -> Action {
    guard active == nil || active == id else { return .none }
    active = nil
    return requestIfFree()
  }

  /// Upstream refused the gateway's `response.create`. A response that is in the way and known began after the item: it answers that.
  /// Behind one that is not known yet the request is made again.
  mutating func requestFailed(code: String) -> Action {
    for (index, request) in zip(requests.indices, requests) {
      guard case .gateway(let item) = request else { continue }
      requests.remove(at: index)
      if UpstreamErrorClass(code: code) == .retry, active == nil, waiting == nil { waiting = .ready(item: item) }
      return .none
    }
    return .none
  }

  /// Upstream refused an event of the client: `id` is the one that it gave, if any. Was that a `response.create`, the gateway's may go.
  mutating func clientRequestFailed(id: String?) -> Action {
    let index = requests.firstIndex { if case .client(let own, _) = $0 { own == id } else { false } }
    guard let index else { return .none }
    requests.remove(at: index)
    return requestIfFree()
  }

  /// Upstream was replaced: nothing is being made there. `isSaidAgain`: the words that wait for an answer will be committed again.
  mutating func upstreamReplaced(isSaidAgain: Bool) -> Action {
    active = nil
    if isSaidAgain {
      requests.removeAll()
      return cancelWaiting()
    }
    for request in requests {
      if case .gateway(let item) = request, waiting == nil { waiting = .ready(item: item) }
    }
    requests.removeAll()
    return requestIfFree()
  }

  /// An answer is owed, unless one is due anyway: one was lost with its upstream, or a tool has its output.
  mutating func answerOwed() -> Action {
    guard !isPending else { return .none }
    waiting = .ready(item: "")
    return requestIfFree()
  }

  private mutating func requestIfFree() -> Action {
    guard case .ready(let item) = waiting, active == nil, requests.isEmpty else { return .none }
    waiting = nil
    requests.append(.gateway(item: item))
    return .request(item: item)
  }

  private mutating func cancelWaiting() -> Action {
    guard let item = waiting?.item else { return .none }
    waiting = nil
    return .cancelHold(item: item)
  }
}
