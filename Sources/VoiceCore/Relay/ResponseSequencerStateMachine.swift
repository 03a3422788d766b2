/// The one owner of the gateway's `response.create`: a committed item is answered at most once, never while another response
/// is being made, and not at all when the user goes on speaking or the client asks for the answer itself.
struct ResponseSequencerStateMachine {
  /// A committed item on its way to an answer.
  private enum Waiting: Equatable {
    /// Its context is being waited for; becomes `ready`.
    case holding(item: String)
    /// May be answered as soon as no other response is being made.
    case ready(item: String)

    var item: String {
      switch self {
      case .holding(let item), .ready(let item): item
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
  /// The item of a `response.create` that was sent and not acknowledged yet.
  private var requested: String?
  /// The conversation's response that is being made.
  private var active: String?

  /// Whether an answer of the gateway's making is due.
  var isPending: Bool { waiting != nil || requested != nil }

  /// The user's audio became an item that the gateway is to answer. An item that still waits is answered together with it.
  mutating func committed(item: String) -> Action {
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

  /// The client asked for a response itself: the gateway's is not needed.
  mutating func clientRequested() -> Action { cancelWaiting() }

  mutating func responseCreated(_ id: String, isOutOfBand: Bool) {
    guard !isOutOfBand else { return }
    active = id
    requested = nil
  }

  /// A response ended, whatever its status.
  mutating func responseDone(_ id: String) -> Action {
    guard active == nil || active == id else { return .none }
    active = nil
    return requestIfFree()
  }

  /// Upstream refused the gateway's `response.create`. Where another response was in the way, it is asked again when that is done.
  mutating func requestFailed(code: String) {
    guard let item = requested else { return }
    requested = nil
    if code == "conversation_already_has_active_response", waiting == nil { waiting = .ready(item: item) }
  }

  /// Upstream was replaced: nothing is being made there.
  mutating func upstreamReplaced() -> Action {
    active = nil
    if let item = requested, waiting == nil { waiting = .ready(item: item) }
    requested = nil
    return requestIfFree()
  }

  private mutating func requestIfFree() -> Action {
    guard case .ready(let item) = waiting, active == nil, requested == nil else { return .none }
    waiting = nil
    requested = item
    return .request(item: item)
  }

  private mutating func cancelWaiting() -> Action {
    guard let item = waiting?.item else { return .none }
    waiting = nil
    return .cancelHold(item: item)
  }
}
