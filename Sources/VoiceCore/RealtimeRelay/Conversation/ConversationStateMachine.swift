import NIOCore

/// The conversation as upstream has it and as the client sees it: settings, answers and items of the gateway's own are kept apart from the
/// client's, and all of it is kept for an upstream that takes the place of this one.
///
/// Audio and text deltas never come here: they pass.
struct ConversationStateMachine {
  /// Form in which the other side gets an event.
  enum Visibility: Equatable {
    case pass
    case hide
    case show(ByteBuffer)
  }

  enum Action: Equatable {
    case sendUpstream(ByteBuffer)
    case sendToClient(ByteBuffer)
    /// Sends audio that was sent to another upstream before.
    case replay(RealtimeMessage)
    /// Takes an event of the client as if it came again.
    case sayAgain(ByteBuffer)
    /// The gateway is to answer this item: wait for its context, then say `contextSettled(item:)`.
    case hold(item: String)
    /// This item was committed, and its answer is not the gateway's to ask for.
    case committed(item: String)
    /// The answer that was held, or about to be asked for, is not wanted any more.
    case answerCancelled
    /// An answer to the conversation began, or ended: nothing is held for it any more.
    case answerBegan
    case answerEnded
    /// The context item of this number was deleted.
    case contextLost(id: Int)
    /// Run this call, then say `toolFinished(_:output:)`.
    case runTool(id: String, name: String, arguments: String)
    /// The user spoke over an answer, or over the audio of one: what of it waits for the client is not to be heard.
    case dropAudio(isInterruption: Bool)
    /// A response ended, or was lost: `characters` of base64 were heard of it.
    case responseEnded(status: String, usage: TokenUsage?, characters: Int, isConversations: Bool)
    case transcribed(seconds: Double)
    /// Something that is worth storing happened.
    case checkpoint
    case failed(code: String)
  }

  var policy: SessionPolicyStateMachine
  var book: ResponseBook
  var log: ReplayLog
  var playback = PlaybackStateMachine()
  var ids = GatewayIDs()
  /// A stored conversation waits for its upstream.
  var isRestorePending = false

  /// True where a client's truncation is clamped. The pure protocol shows the provider's own error.
  let clampsTruncations: Bool

  init(policy: SessionPolicyConfiguration, keptAudioBytes: Int = 655_360, clampsTruncations: Bool = false) {
    self.clampsTruncations = clampsTruncations
    self.policy = SessionPolicyStateMachine(policy)
    book = ResponseBook(tools: policy.tools)
    log = ReplayLog(audioBytes: keptAudioBytes)
  }

  /// A moment to drain, or to change upstream: nothing is said, made, asked for or owed.
  func isQuiet(at now: NIODeadline) -> Bool { book.isQuiet(at: now) && !log.audio.isInManualTurn }

  // MARK: From upstream

  mutating func upstreamSent(
    _ event: ControlEvent.Server, _ bytes: ByteBuffer, at now: NIODeadline, _ actions: inout [Action]
  ) -> Visibility {
    switch event {
    case .sessionCreated(let settings):
      if isRestorePending {
        isRestorePending = false
        restore(settings, &actions)
      } else if let update = policy.sessionCreated(settings, &ids) {
        actions.append(.sendUpstream(update))
      }
      settingsChanged(&actions)
      let shown = policy.asAsked(bytes)
      return shown == bytes ? .pass : .show(shown)
    case .sessionUpdated(let settings):
      let echo = policy.sessionUpdated(settings, bytes)
      if echo.isClients { log.unconfirmed.confirmed(.update) }
      settingsChanged(&actions)
      return echo.shown.map { $0 == bytes ? .pass : .show($0) } ?? .hide
    case .error(let failure): return errorArrived(failure, bytes, at: now, &actions)
    case .speechStarted: return speechStarted(at: now, &actions)
    case .speechStopped(_, let end):
      book.speechStopped(at: now)
      log.audio.speechStopped(at: end)
      return .pass
    case .committed(let item, let place): return committed(item, place, bytes, at: now, &actions)
    case .cleared:
      book.cleared()
      return .pass
    case .itemAdded(let item, let place): return itemNamed(item, place, isDone: false, bytes, &actions)
    case .itemDone(let item, let place): return itemNamed(item, place, isDone: true, bytes, &actions)
    case .itemDeleted(let item): return itemDeleted(item, &actions)
    case .itemTruncated(let cut):
      log.cutConfirmed(cut, length: playback.length(of: cut.item))
      return log.items.isHidden(cut.item) ? .hide : .pass
    case .itemRetrieved(let item):
      log.unconfirmed.confirmed(.retrieval(of: item))
      return log.items.isHidden(item) ? .hide : .pass
    case .transcriptGrew, .transcriptShown: return policy.hidesTranscripts ? .hide : .pass
    case .transcriptCompleted(let words, let seconds):
      log.items.transcribed(words)
      log.audio.transcribed(item: words.item)
      if let seconds { actions.append(.transcribed(seconds: seconds)) }
      if !book.owesAnswer(at: now) { actions.append(.checkpoint) }
      return policy.hidesTranscripts ? .hide : .pass
    case .transcriptFailed(let item):
      log.audio.transcribed(item: item)
      return policy.hidesTranscripts ? .hide : .pass
    case .responseCreated(let response): return responseCreated(response, bytes, at: now, &actions)
    case .responseDone(let response): return responseDone(response, bytes, &actions)
    case .outputItem(let item, let response, let isDone):
      // Outside of the conversation a call has no item there that could be answered: it is the client's to see.
      if book.isOutOfBand(response) { return .pass }
      if isCall(item, isComplete: isDone, &actions) { return .hide }
      if isDone, item.isCall { book.clientCalled(at: now) }
      if let id = item.id { log.explained(id) }
      return beginningShown(of: response, bytes, &actions)
    case .functionArguments(let item): return book.tools.hides(item: item) ? .hide : .pass
    case .other: return .pass
    }
  }

  /// Barge-in, from top to bottom: who speaks, what of the answers was heard, and what is not wanted any more.
  private mutating func speechStarted(at now: NIODeadline, _ actions: inout [Action]) -> Visibility {
    log.audio.speechStarted()
    if case .ended = book.unseen { show(&actions) }
    let interrupted = book.speechStarted()
    guard book.interruptsResponse else { return .pass }
    let cuts = playback.interrupted(at: now)
    for cut in cuts {
      log.cutRequested(cut)
      actions.append(.sendUpstream(UpstreamCommand.truncate(id: ids.next(.truncation), cut).bytes))
    }
    actions.append(.dropAudio(isInterruption: interrupted != nil || !cuts.isEmpty))
    return .pass
  }

  private mutating func committed(
    _ item: String, _ place: ControlEvent.Place, _ bytes: ByteBuffer, at now: NIODeadline, _ actions: inout [Action]
  ) -> Visibility {
    // Some servers say it twice: an item is answered once.
    guard book.isNew(commit: item) else { return mended(place, bytes) }
    log.items.committed(item, place)
    log.explained(item)
    let isByHand = book.hasClientCommit
    let answerer = policy.answerer
    log.audio.committed(
      item: item, isAwaited: policy.inForce.transcription.map { $0 != "null" } ?? false || answerer != .client || isByHand)
    let action = book.committed(item: item, answerer: answerer, at: now)
    if action == .none { actions.append(.committed(item: item)) } else { perform(action, &actions) }
    if !book.owesAnswer(at: now), !isByHand { actions.append(.checkpoint) }
    return mended(place, bytes)
  }

  private mutating func itemNamed(
    _ item: ConversationItem, _ place: ControlEvent.Place, isDone: Bool, _ bytes: ByteBuffer, _ actions: inout [Action]
  ) -> Visibility {
    guard let id = item.id else { return .pass }
    if log.isRestored(id, isDone: isDone) { return .hide }
    let isCall = isCall(item, isComplete: false, &actions)
    let isFirst = log.itemNamed(id, kind: item.kind)
    log.items.named(item, place, isFirst: isFirst, isHidden: isCall)
    if isDone, item.type == "function_call_output" { actions.append(.checkpoint) }
    return isCall || log.items.isHidden(id) ? .hide : mended(place, bytes)
  }

  private mutating func itemDeleted(_ item: String, _ actions: inout [Action]) -> Visibility {
    if log.isReplacement(item) { return .hide }
    let isHidden = log.items.isHidden(item)
    log.unconfirmed.confirmed(.deletion(of: item))
    log.items.deleted(item)
    if book.itemDeleted(item) { actions.append(.answerCancelled) }
    return isHidden ? .hide : .pass
  }

  /// A `previous_item_id` that the client does not know becomes the nearest one before that it does.
  private func mended(_ place: ControlEvent.Place, _ bytes: ByteBuffer) -> Visibility {
    guard let previous = place.previous, log.items.isHidden(previous),
      let edited = JSONEditor.setting(["previous_item_id"], to: log.items.visible(previous).map(JSONText.quoted) ?? "null", in: bytes)
    else { return .pass }
    return .show(edited)
  }

  private mutating func settingsChanged(_ actions: inout [Action]) {
    log.audio.isManual = policy.isManual
    book.interruptsResponse = policy.inForce.interruptsResponse ?? true
    // Who answers for itself from now on is not answered.
    if policy.answerer != .gateway, policy.wished.createsResponse == false || policy.isManual { _ = book.holdCancelled() }
  }

  // MARK: Responses

  private mutating func responseCreated(
    _ response: ControlEvent.Response, _ bytes: ByteBuffer, at now: NIODeadline, _ actions: inout [Action]
  ) -> Visibility {
    let goesOn = book.tools.isGoingOn
    let (made, isStale) = book.responseCreated(response, at: now)
    if made.origin == .client { log.unconfirmed.responseBegan(made.id, isOutOfBand: made.isOutOfBand) }
    guard !made.isOutOfBand else { return .pass }
    log.audio.answerBegan()
    actions.append(.answerBegan)
    // It is not the one that the gateway continues with.
    if goesOn { show(&actions) }
    // The user has begun to speak since it was asked for.
    if isStale { actions.append(.sendUpstream(UpstreamCommand.cancelResponse(id: ids.next(.cancellation), response: made.id).bytes)) }
    guard book.tools.isActive else { return .pass }
    book.unseen = .begun(id: made.id, created: bytes)
    return .hide
  }

  private mutating func responseDone(_ response: ControlEvent.Response, _ bytes: ByteBuffer, _ actions: inout [Action]) -> Visibility {
    guard !response.id.isEmpty else {
      actions.append(.responseEnded(status: response.status, usage: response.usage, characters: 0, isConversations: false))
      return .pass
    }
    // Some servers say it twice: it is paid once.
    guard book.isNew(end: response.id) else { return withoutCalls(bytes) }
    log.unconfirmed.responseEnded(response.id)
    let (made, action) = book.responseDone(response.id)
    let isConversations = made.map { !$0.isOutOfBand } ?? false
    actions.append(
      .responseEnded(
        status: response.status, usage: response.usage, characters: made?.audioCharacters ?? 0, isConversations: isConversations))
    guard made.map({ !$0.isOutOfBand }) ?? !response.hasNoConversation else { return withoutCalls(bytes) }
    if response.status != "cancelled" { log.audio.answered() }
    perform(action, &actions)
    let goesOn = book.tools.responseDone()
    let visibility = responseEnded(response.id, bytes, goesOn: goesOn, &actions)
    if goesOn { perform(book.answerOwed(), &actions) }
    actions.append(.answerEnded)
    actions.append(.checkpoint)
    return visibility
  }

  mutating func perform(_ action: ResponseBook.Action, _ actions: inout [Action]) {
    switch action {
    case .hold(let item): actions.append(.hold(item: item))
    case .request(let item):
      let id = ids.next(.response)
      book.requestSent(id: id)
      // Nothing was committed: it goes on where tools were called.
      let response = item == nil ? book.unseen.request : nil
      actions.append(.sendUpstream(UpstreamCommand.createResponse(id: id, response: response).bytes))
    case .none: break
    }
  }

  // MARK: Errors

  private mutating func errorArrived(
    _ failure: ControlEvent.Failure, _ bytes: ByteBuffer, at now: NIODeadline, _ actions: inout [Action]
  ) -> Visibility {
    actions.append(.failed(code: failure.code.isEmpty ? "unknown" : failure.code))
    if failure.code == "input_audio_buffer_commit_empty" {
      log.audio.commitFailed()
      book.commitFailed()
    }
    if let id = failure.eventID, log.unconfirmed.refused(id) == .response(nil, isOutOfBand: true) { book.outOfBandRefused() }
    switch policy.errorArrived(failure, &ids) {
    case .resend(let event):
      if let event { actions.append(.sendUpstream(event)) }
      return .hide
    case .show(let withoutID):
      if failure.eventID == nil { log.unconfirmed.confirmed(.update) }
      return withoutID ? withoutName(bytes) : .pass
    case .notMine: break
    }
    guard let id = failure.eventID else { return namelessError(failure, bytes, &actions) }
    switch GatewayID.kind(of: id) {
    case nil:
      if let refused = book.requestRefused(id: id, code: failure.code) { perform(refused.action, &actions) }
      return .pass
    case .response: return requestRefused(id: id, failure, bytes, &actions)
    case .item:
      lose(id, &actions)
      return .hide
    case .update, .truncation, .restore, .deletion, .cancellation, .event, .transcriptionUpdate, .transcriptionCommit: return .hide
    }
  }

  /// Errors do not always say which event they answer.
  private mutating func namelessError(_ failure: ControlEvent.Failure, _ bytes: ByteBuffer, _ actions: inout [Action]) -> Visibility {
    if let item = GatewayID.item(in: failure.message) {
      lose(item, &actions)
      return .hide
    }
    if failure.code == "conversation_already_has_active_response" || failure.param.hasPrefix("resp") {
      return requestRefused(id: nil, failure, bytes, &actions)
    }
    // These are about what is no longer awaited.
    guard !failure.code.hasPrefix("input_audio_buffer"), !failure.code.hasPrefix("response_cancel") else { return .pass }
    // Upstream answers in order: it is about the oldest event of the client's, which must not stand in the way of all others.
    switch log.unconfirmed.refused(nil) {
    case .response(_, isOutOfBand: false):
      if let refused = book.clientRequestRefused() { perform(refused, &actions) }
    case .response: book.outOfBandRefused()
    case .update: policy.clientUpdateRefused()
    case .item, .deletion, .truncation, .retrieval, nil: break
    }
    return .pass
  }

  private mutating func requestRefused(
    id: String?, _ failure: ControlEvent.Failure, _ bytes: ByteBuffer, _ actions: inout [Action]
  ) -> Visibility {
    guard let refused = book.requestRefused(id: id, code: failure.code) else { return id == nil ? .pass : .hide }
    perform(refused.action, &actions)
    guard refused.origin != .client else {
      log.unconfirmed.requestRefused()
      return .pass
    }
    // Another response is in the way: that is the gateway's to wait for. Whatever else keeps the answer away the client is told.
    return UpstreamErrorClass(code: failure.code) == .retry ? .hide : withoutName(bytes)
  }

  /// An item of the gateway's own was refused, or deleted by another hand.
  private mutating func lose(_ id: String, _ actions: inout [Action]) {
    log.items.deleted(id)
    if let number = GatewayID.contextNumber(in: id) { actions.append(.contextLost(id: number)) }
  }

  private func withoutName(_ bytes: ByteBuffer) -> Visibility {
    JSONEditor.setting(["error", "event_id"], to: "null", in: bytes).map { .show($0) } ?? .pass
  }

  // MARK: Context

  /// The context of `item` stands in the conversation, or there is none, or the deadline passed.
  mutating func contextSettled(item: String) -> [Action] {
    var actions: [Action] = []
    perform(book.contextSettled(item: item), &actions)
    return actions
  }

  /// Puts a context item with this text at the end of the conversation.
  mutating func inject(context number: Int, _ text: String) -> [Action] {
    let id = GatewayID.context(number)
    log.items.put(id, json: nil)
    return [.sendUpstream(UpstreamCommand.createItem(id: id, item: UpstreamCommand.systemMessage(id: id, text: text)).bytes)]
  }

  mutating func withdraw(context number: Int) -> [Action] { [deletion(of: GatewayID.context(number))] }

  /// The item stays hidden until upstream confirms its deletion.
  private mutating func deletion(of id: String) -> Action {
    .sendUpstream(UpstreamCommand.deleteItem(id: ids.next(.deletion), item: id).bytes)
  }
}
