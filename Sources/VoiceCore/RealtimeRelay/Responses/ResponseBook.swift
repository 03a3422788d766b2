import NIOCore

/// The book of one conversation's responses: who speaks, which responses are being made, and which answers are owed.
///
/// The gateway's `response.create` is made here: a committed item is answered at most once, never while another response is being made or
/// asked for, and not at all when the user goes on speaking or another response answers it.
struct ResponseBook {
  /// Side that answers a turn.
  enum Answerer: Equatable {
    /// Answers with `response.create`, after ``Action/hold(item:)``.
    case gateway
    /// Answers by itself, after the commit.
    case upstream
    /// The client requests the answer, or this is a dictation.
    case client
  }

  enum Action: Equatable {
    /// Wait for the context of this item, then say `contextSettled(item:)`.
    case hold(item: String)
    /// Send `response.create`. Nil: nothing was committed, it goes on where tools were called, or a lost answer is asked for again.
    case request(item: String?)
    case none
  }

  /// A committed item on its way to an answer of the gateway's.
  private enum Waiting: Equatable {
    /// Its context is being waited for; becomes `ready`.
    case holding(item: String)
    /// May be answered as soon as no other response is being made or asked for.
    case ready(item: String?)
  }

  enum Origin: Equatable {
    case gateway(item: String?)
    case client
    case upstream
  }

  /// A `response.create` for the conversation that upstream has not answered yet. It answers them in order.
  private struct Request: Equatable {
    var origin: Origin
    /// `event_id` by which an error names it.
    var id: String?
    /// Commits before it.
    var turn: Int
    /// Its place among all requests.
    var number: Int
  }

  /// A response from `response.created` to `response.done`.
  struct Making: Equatable {
    var id: String
    var isOutOfBand = false
    var origin = Origin.upstream
    /// Characters of base64 that were relayed.
    var audioCharacters = 0
    var metadata: String?
  }

  /// An answer that upstream makes by itself is waited for this long after its commit.
  private static let patience = TimeAmount.seconds(10)
  /// Bound of requests at once: no conversation has as many.
  private static let maxRequests = 64

  /// True if the provider ends a response when the user speaks.
  var interruptsResponse = true
  private(set) var isSpeaking = false
  private var waiting: Waiting?
  private var requests = CircularBuffer<Request>(initialCapacity: 1)
  /// Requests outside the conversation that upstream has not answered yet.
  private var outOfBandRequests = CircularBuffer<Int>(initialCapacity: 1)
  private var requestCount = 0
  /// Upstream calls its conversation by a name: a response without one is out of band.
  private var namesConversation = false
  /// The conversation's response first.
  private(set) var making: [Making] = []
  /// The response that the user spoke over: its audio is not wanted any more.
  private(set) var muted: String?
  /// The response that the client cancelled last: what waits of its audio is the first to go where the client reads too slowly.
  private(set) var cancelled: String?
  /// The client's own commits that upstream has not confirmed.
  private var clientCommits = 0
  private var turn = 0
  /// Deadline until which upstream is believed to be about to answer by itself.
  private var upstreamAnswersUntil: NIODeadline?
  /// Deadline until which a next step of the turn is believed to be due: the commit of what was said, or the client's answer to a call.
  private var turnGoesOnUntil: NIODeadline?
  /// Nothing can be asked of upstream: it is being replaced.
  private var isAway = false
  /// An answer was lost with its upstream.
  private var owesAnswer = false
  /// The last item that was committed, and the responses that ended last.
  private var lastCommit: String?
  private var ended: [String] = []
  var times = TurnTimes()
  var tools: ToolCallStateMachine
  var unseen = SuppressedResponse.none

  init(tools: [ToolDefinition] = []) { self.tools = ToolCallStateMachine(tools) }

  func isOutOfBand(_ response: String?) -> Bool { making.contains { $0.isOutOfBand && $0.id == response } }

  /// The response that writes to the conversation.
  var active: Making? { making.first { !$0.isOutOfBand } }

  /// True if nothing is said, made, asked for or owed: a moment to drain, or to change upstream.
  func isQuiet(at now: NIODeadline) -> Bool {
    !isSpeaking && waiting == nil && requests.isEmpty && outOfBandRequests.isEmpty && making.isEmpty && !tools.isPending
      && clientCommits == 0
      && !owesAnswer && (upstreamAnswersUntil.map { now >= $0 } ?? true) && (turnGoesOnUntil.map { now >= $0 } ?? true)
  }

  /// True if an answer to the committed audio is due, by either side's request.
  func owesAnswer(at now: NIODeadline) -> Bool {
    waiting != nil || !requests.isEmpty || active != nil || (upstreamAnswersUntil.map { now < $0 } ?? false)
  }

  // MARK: Turns

  /// The user began to speak: what waits is answered together with what comes. Answers the response that this cuts off, if any.
  mutating func speechStarted() -> String? {
    isSpeaking = true
    waiting = nil
    times.speechStarted()
    tools.speechStarted()
    guard interruptsResponse, let response = active?.id, muted != response else { return nil }
    muted = response
    return response
  }

  mutating func speechStopped(at now: NIODeadline) {
    isSpeaking = false
    turnGoesOnUntil = now + Self.patience
    times.speechStopped(at: now)
  }

  /// The client threw away what it said.
  mutating func cleared() {
    isSpeaking = false
    turnGoesOnUntil = nil
  }

  /// The model calls a function of the client's: its output and the next request are the client's.
  mutating func clientCalled(at now: NIODeadline) { turnGoesOnUntil = now + Self.patience }

  /// True if the next turn to be committed is one that the client ended by hand.
  var hasClientCommit: Bool { clientCommits > 0 }

  mutating func clientCommitted() { clientCommits += 1 }
  mutating func commitFailed() { clientCommits = max(0, clientCommits - 1) }

  /// False for a commit that was reported before.
  mutating func isNew(commit item: String) -> Bool {
    defer { lastCommit = item }
    return item != lastCommit
  }

  /// False for the end of a response that was reported before.
  mutating func isNew(end response: String) -> Bool {
    guard !ended.contains(response) else { return false }
    ended.append(response)
    if ended.count > 8 { ended.removeFirst() }
    return true
  }

  /// The user's audio became an item. A client that commits by hand asks for the answer by hand, too: a commit creates no response.
  mutating func committed(item: String, answerer: Answerer, at now: NIODeadline) -> Action {
    turn += 1
    isSpeaking = false
    turnGoesOnUntil = nil
    times.committed(at: now)
    // Errors do not always say what they are about: a request that was not answered for so long never will be.
    requests.removeAll { $0.origin == .client && $0.turn < turn - 16 }
    if clientCommits > 0 {
      clientCommits -= 1
      return .none
    }
    switch answerer {
    case .client: return .none
    case .upstream:
      upstreamAnswersUntil = now + Self.patience
      return .none
    case .gateway:
      waiting = .holding(item: item)
      return .hold(item: item)
    }
  }

  /// The context of `item` is there, or will not be, or the deadline passed.
  mutating func contextSettled(item: String) -> Action {
    guard waiting == .holding(item: item) else { return .none }
    waiting = .ready(item: item)
    return requestIfFree()
  }

  /// The client does not want the held answer, or answers for itself from now on. Answers whether there was one.
  mutating func holdCancelled() -> Bool {
    defer { waiting = nil }
    return waiting != nil
  }

  /// The item was deleted, so its answer is cancelled; returns true if one was due.
  mutating func itemDeleted(_ item: String) -> Bool {
    guard waiting == .holding(item: item) || waiting == .ready(item: item) else { return false }
    waiting = nil
    return true
  }

  // MARK: Requests

  /// The client asked for a response itself. If that is made, it answers what was committed before; if it is refused, the gateway does.
  mutating func clientRequested(id: String?, isOutOfBand: Bool, at now: NIODeadline) {
    requestCount += 1
    guard !isOutOfBand else {
      outOfBandRequests.append(requestCount)
      if outOfBandRequests.count > Self.maxRequests { outOfBandRequests.removeFirst() }
      return
    }
    times.requested(at: now)
    turnGoesOnUntil = nil
    tools.clientRequested()
    requests.append(Request(origin: .client, id: id, turn: turn, number: requestCount))
    if requests.count > Self.maxRequests { requests.removeFirst() }
  }

  /// The gateway's request got its name.
  mutating func requestSent(id: String) { if !requests.isEmpty { requests[requests.index(before: requests.endIndex)].id = id } }

  /// Upstream refused the request of this name, or one that it does not name. Answers whose it was; nil where it was no request.
  mutating func requestRefused(id: String?, code: String) -> (origin: Origin, action: Action)? {
    let index = id.map { id in requests.firstIndex { $0.id == id } } ?? requests.indices.first
    guard let index else { return nil }
    let request = requests.remove(at: index)
    guard case .gateway(let item) = request.origin else { return (request.origin, requestIfFree()) }
    // A response that is in the way and known began after the item: it answers that. Behind one that is not known yet it is asked again.
    if UpstreamErrorClass(code: code) == .retry, active == nil, waiting == nil { waiting = .ready(item: item) }
    return (request.origin, .none)
  }

  /// Upstream refused a request for a response out of band.
  mutating func outOfBandRefused() { _ = outOfBandRequests.popFirst() }

  /// Upstream refused the client's oldest request, by an error that does not say so. Was it there, the gateway's may go.
  mutating func clientRequestRefused() -> Action? {
    guard let index = requests.firstIndex(where: { $0.origin == .client }) else { return nil }
    requests.remove(at: index)
    return requestIfFree()
  }

  /// An answer is owed, unless one is due anyway: a tool has its output.
  mutating func answerOwed() -> Action {
    guard waiting == nil, !requests.contains(where: { $0.origin != .client }) else { return .none }
    waiting = .ready(item: nil)
    return requestIfFree()
  }

  // MARK: Responses

  /// A response began, requested by either side: it answers all that was committed before. `isStale`: the user has begun to speak since
  /// the gateway asked for it.
  mutating func responseCreated(_ response: ControlEvent.Response, at now: NIODeadline) -> (made: Making, isStale: Bool) {
    var made = Making(id: response.id, metadata: response.metadata)
    made.isOutOfBand = isOutOfBand(response)
    if made.isOutOfBand {
      _ = outOfBandRequests.popFirst()
      made.origin = .client
      making.append(made)
      if making.count > Self.maxRequests { making.remove(at: 1) }
      return (made, false)
    }
    making.removeAll { !$0.isOutOfBand }
    made.origin = requests.popFirst()?.origin ?? .upstream
    making.insert(made, at: 0)
    waiting = nil
    upstreamAnswersUntil = nil
    tools.responseCreated()
    times.responseCreated(made.id, at: now)
    guard case .gateway = made.origin, isSpeaking, interruptsResponse else { return (made, false) }
    muted = made.id
    return (made, true)
  }

  /// A server that names no conversation at all is believed to begin responses in the order in which they were asked for.
  private mutating func isOutOfBand(_ response: ControlEvent.Response) -> Bool {
    guard response.hasNoConversation else {
      namesConversation = true
      return false
    }
    if namesConversation { return true }
    guard let oldest = outOfBandRequests.first else { return false }
    return requests.first.map { oldest < $0.number } ?? true
  }

  /// - Parameter response: nil: the one that is being made.
  /// - Returns: the response that is not wanted any more; nil where none is being made.
  mutating func clientCancelled(_ response: String?) -> String? {
    let named = response ?? active?.id
    cancelled = named ?? cancelled
    return named
  }

  /// A response ended, whatever its status. Nil: it is not known here.
  mutating func responseDone(_ id: String) -> (made: Making?, action: Action) {
    if muted == id { muted = nil }
    times.responseDone(id)
    let made = making.first { $0.id == id }
    making.removeAll { $0.id == id }
    guard !(made?.isOutOfBand ?? false), active == nil else { return (made, .none) }
    return (made, requestIfFree())
  }

  /// Audio of a response was relayed.
  mutating func audioRelayed(characters: Int, of response: String?) {
    let index = making.count == 1 ? 0 : making.firstIndex { $0.id == response }
    if let index, index < making.count { making[index].audioCharacters += characters }
  }

  // MARK: A new upstream

  /// Upstream is lost, and with it all that it was making. Answers that, for those who wait for its end.
  mutating func upstreamLost(at now: NIODeadline) -> [Making] {
    let lost = making
    let isGateways = requests.contains { $0.origin != .client }
    // What the client asked for it asks for again by its own words, and what it cancelled is not wanted.
    let wasUpstreams = active.map { $0.origin != .client && $0.id != cancelled } ?? (upstreamAnswersUntil.map { now < $0 } ?? false)
    owesAnswer = owesAnswer || isGateways || wasUpstreams
    isAway = true
    requests.removeAll()
    outOfBandRequests.removeAll()
    namesConversation = false
    making = []
    muted = nil
    upstreamAnswersUntil = nil
    turnGoesOnUntil = nil
    times.responseLost()
    tools.upstreamLost()
    return lost
  }

  /// Another upstream has all that the old one had. `isSaidAgain`: the words that wait for an answer will be committed again.
  /// `isAskedAgain`: a request of the client's will be made again. `commits`: of the client's, that will be made again.
  mutating func upstreamReplaced(isSaidAgain: Bool, isAskedAgain: Bool, commits: Int) -> Action {
    defer { owesAnswer = false }
    isAway = false
    clientCommits = commits
    if isSaidAgain { waiting = nil }
    guard !isAskedAgain else { return .none }
    if owesAnswer, !isSpeaking, !isSaidAgain, waiting == nil, !tools.isPending { waiting = .ready(item: nil) }
    return requestIfFree()
  }

  private mutating func requestIfFree() -> Action {
    guard !isAway, case .ready(let item) = waiting, active == nil, requests.isEmpty else { return .none }
    waiting = nil
    requestCount += 1
    requests.append(Request(origin: .gateway(item: item), id: nil, turn: turn, number: requestCount))
    return .request(item: item)
  }
}
