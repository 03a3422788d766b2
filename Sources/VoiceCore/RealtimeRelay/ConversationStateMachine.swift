import NIOCore

/// The conversation as upstream has it and as the client sees it: settings, answers and items of the gateway's own are kept apart
/// from the client's.
///
/// Audio and text deltas never come here: they pass. What the gateway asks upstream has ids with the prefix `gw_`, no more than 32
/// characters long.
struct ConversationStateMachine {
  /// What the other side gets of an event.
  enum Visibility: Equatable {
    case pass
    case hide
    case show(ByteBuffer)
  }

  enum Action: Equatable {
    case sendUpstream(ByteBuffer)
    case sendToClient(RealtimeMessage)
    /// The gateway is to answer this item: wait for its context, then say ``contextSettled(item:)``.
    case hold(item: String)
    case cancelHold(item: String)
    /// This item was committed, and the client is to ask for its answer.
    case committed(item: String)
    /// The context item of this number is gone.
    case contextLost(id: Int)
    /// Run this call, then say ``toolFinished(_:output:)``.
    case runTool(id: String, name: String, arguments: String)
  }

  private(set) var policy: SessionPolicyStateMachine
  var sequencer = ResponseSequencerStateMachine()
  var hidden = HiddenItems()
  var tools: ToolCallStateMachine
  var unseen = UnseenResponse.none
  private var ledger = ConversationLedger()
  /// Items that are put back into a new upstream: the client has seen them.
  private var restoring: Set<String> = []
  /// A stored conversation waits for its upstream.
  private var isRestorePending = false
  /// The newest item that upstream named: what a hidden item is put behind.
  private(set) var newestItem: String?
  private var count = 0

  init(policy: SessionPolicyConfiguration) {
    self.policy = SessionPolicyStateMachine(policy)
    tools = ToolCallStateMachine(policy.tools)
  }

  /// Whether a committed turn waits for the gateway's `response.create`.
  var isAnswerPending: Bool { sequencer.isPending }
  /// Whether a `response.create` of the client has not been answered yet.
  var owesClient: Bool { sequencer.owesClient }

  // MARK: From upstream

  mutating func upstreamSent(_ kind: EventKind, _ event: ByteBuffer, _ actions: inout [Action]) -> Visibility {
    switch kind {
    case .sessionCreated:
      if isRestorePending {
        isRestorePending = false
        actions += upstreamReplaced(event, isSaidAgain: false).actions
      } else if let update = policy.sessionCreated(event) {
        actions.append(.sendUpstream(update))
      }
      return .pass
    case .sessionUpdated: return policy.sessionUpdated(event).map { $0 == event ? .pass : .show($0) } ?? .hide
    case .error: return errorArrived(event, &actions)
    case .speechStarted:
      tools.speechStarted()
      if case .ended = unseen { show(&actions) }
      perform(sequencer.speechStarted(), &actions)
      return .pass
    case .inputAudioCommitted: return committed(event, &actions)
    case .itemAdded, .itemDone: return itemNamed(kind, event, &actions)
    case .itemDeleted, .itemTruncated, .itemRetrieved: return itemTouched(kind, event)
    case .transcriptionDelta, .transcriptionCompleted, .transcriptionFailed:
      if kind == .transcriptionCompleted { ledger.transcribed(event) }
      return policy.hidesTranscripts ? .hide : .pass
    case .responseCreated:
      guard let response = event.responseIdentity else { return .pass }
      // It is not the one that the gateway goes on with.
      if !response.isOutOfBand, tools.isGoingOn { show(&actions) }
      if !response.isOutOfBand { tools.responseCreated() }
      perform(sequencer.responseCreated(response.id, isOutOfBand: response.isOutOfBand), &actions)
      guard tools.isActive, !response.isOutOfBand else { return .pass }
      unseen = .begun(id: response.id, created: event)
      return .hide
    case .responseDone:
      if let response = event.responseIdentity, !response.isOutOfBand {
        perform(sequencer.responseDone(response.id), &actions)
        let goesOn = tools.responseDone()
        let visibility = responseEnded(event, goesOn: goesOn, &actions)
        if goesOn { perform(sequencer.answerOwed(), &actions) }
        return visibility
      }
      return withoutCalls(event)
    case .outputItemAdded, .outputItemDone: return isCall(kind, event, &actions) ? .hide : beginningShown(event, &actions)
    case .functionArgumentsDelta, .functionArgumentsDone:
      guard tools.isActive, let id = event.withJSON({ $0.member("item_id")?.string }) else { return .pass }
      return tools.hides(item: id) ? .hide : .pass
    default: return .pass  // Kinds are an open set: what the gateway has no part in passes.
    }
  }

  private mutating func committed(_ event: ByteBuffer, _ actions: inout [Action]) -> Visibility {
    let item = event.withJSON { $0.member("item_id")?.string }
    newestItem = item ?? newestItem
    if let item, policy.gatewayAnswers {
      perform(sequencer.committed(item: item), &actions)
    } else if let item {
      actions.append(.committed(item: item))
    }
    return mended(event)
  }

  private mutating func itemNamed(_ kind: EventKind, _ event: ByteBuffer, _ actions: inout [Action]) -> Visibility {
    guard let id = event.withJSON({ $0.member("item")?.member("id")?.string }) else { return .pass }
    newestItem = id
    if restoring.contains(id) {
      if kind == .itemDone { restoring.remove(id) }
      return .hide
    }
    if isCall(kind, event, &actions) {
      hidden.hide(id, after: event.withJSON { $0.member("previous_item_id")?.string })
      return .hide
    }
    guard hidden.contains(id) else {
      ledger.itemNamed(event)
      return mended(event)
    }
    hidden.added(id, after: event.withJSON { $0.member("previous_item_id")?.string })
    return .hide
  }

  private mutating func itemTouched(_ kind: EventKind, _ event: ByteBuffer) -> Visibility {
    guard kind != .itemRetrieved || !hidden.isEmpty,
      let id = event.withJSON({ $0.member("item_id")?.string ?? $0.member("item")?.member("id")?.string })
    else { return .pass }
    guard hidden.contains(id) else {
      if kind == .itemDeleted { ledger.deleted(id) }
      if kind == .itemTruncated { ledger.interrupted(id) }
      return .pass
    }
    if kind == .itemDeleted { hidden.deleted(id) }
    return .hide
  }

  /// A `previous_item_id` that the client does not know becomes the nearest one before that it does.
  private func mended(_ event: ByteBuffer) -> Visibility {
    guard let previous = event.withJSON({ $0.member("previous_item_id")?.string }), hidden.contains(previous),
      let edited = JSONEditor.setting(["previous_item_id"], to: hidden.visible(previous).map(JSONText.quoted) ?? "null", in: event)
    else { return .pass }
    return .show(edited)
  }

  private mutating func errorArrived(_ event: ByteBuffer, _ actions: inout [Action]) -> Visibility {
    let error = event.withJSON { event -> (id: String?, code: String, message: String, isAboutResponse: Bool)? in
      guard let error = event.member("error") else { return nil }
      let code = error.member("code")?.string ?? ""
      let isAboutResponse =
        code == "conversation_already_has_active_response" || error.member("param")?.string?.hasPrefix("response") ?? false
      return (error.member("event_id")?.string, code, error.member("message")?.string ?? "", isAboutResponse)
    }
    guard let error else { return .pass }
    guard let id = error.id else {
      // Errors about items do not always say which event they answer: then the item is what they are known by.
      guard error.code.hasPrefix("item_"), let item = Self.gatewayItem(in: error.message) else {
        if error.isAboutResponse { perform(sequencer.clientRequestFailed(id: nil), &actions) }
        return .pass
      }
      lose(item, &actions)
      return .hide
    }
    switch policy.errorArrived(about: id) {
    case .hide: return .hide
    case .resend(let original):
      actions.append(.sendUpstream(original))
      return .hide
    case .forwardWithoutID: return JSONEditor.setting(["error", "event_id"], to: "null", in: event).map { .show($0) } ?? .pass
    case .forward: break
    }
    if id.hasPrefix(Self.responsePrefix) {
      perform(sequencer.requestFailed(code: error.code), &actions)
    } else if id.hasPrefix(Self.itemPrefix) {
      lose(id, &actions)
    } else if !id.hasPrefix(Self.truncationPrefix), !id.hasPrefix(Self.restorePrefix), !id.hasPrefix(Self.deletionPrefix) {
      perform(sequencer.clientRequestFailed(id: id), &actions)
      return .pass
    }
    return .hide
  }

  /// The gateway's item that a message such as `the item with id 'gw_item_1' does not exist` is about.
  private static func gatewayItem(in message: String) -> String? {
    let quoted = message.split(separator: "'", omittingEmptySubsequences: false)
    return quoted.first { $0.hasPrefix(itemPrefix) }.map(String.init)
  }

  // MARK: Restoring

  /// What is worth storing.
  var stored: StoredConversation {
    StoredConversation(configuration: policy.asked, items: ledger.items, droppedItems: ledger.dropped)
  }

  /// The conversation goes on from what was stored, as soon as upstream is open.
  mutating func restore(_ stored: StoredConversation) {
    ledger = ConversationLedger(restoring: stored.items, dropped: stored.droppedItems)
    policy.restore(asked: stored.configuration)
    isRestorePending = true
  }

  /// A new upstream said `session.created`: it gets the settings and the items that the old one had, in order.
  mutating func upstreamReplaced(_ created: ByteBuffer, isSaidAgain: Bool) -> (actions: [Action], items: Int) {
    var actions: [Action] = []
    if let update = policy.upstreamReplaced(created) { actions.append(.sendUpstream(update)) }
    hidden = HiddenItems()
    let items = ledger.items
    restoring = Set(items.map(\.id))
    for item in items {
      count += 1
      actions.append(
        .sendUpstream(
          ByteBuffer(string: #"{"type":"conversation.item.create","event_id":"\#(Self.restorePrefix)\#(count)","item":\#(item.json)}"#)))
    }
    newestItem = items.last?.id
    perform(sequencer.upstreamReplaced(isSaidAgain: isSaidAgain), &actions)
    return (actions, items.count)
  }

  /// The answer that was lost with the old upstream is asked for again.
  mutating func answerAgain() -> [Action] {
    var actions: [Action] = []
    perform(sequencer.answerOwed(), &actions)
    return actions
  }

  // MARK: From the client

  mutating func clientSent(_ kind: EventKind, _ event: ByteBuffer, _ actions: inout [Action]) -> Visibility {
    switch kind {
    case .sessionUpdate:
      let edited = policy.clientUpdated(event)
      return edited == event ? .pass : .show(edited)
    case .responseCreate:
      if event.withJSON({ $0.member("response")?.member("conversation")?.string }) != "none" {
        sequencer.clientRequested(id: event.withJSON { $0.member("event_id")?.string })
      }
      return .pass
    case .itemDelete, .itemRetrieve, .itemTruncate: return refuseHidden(kind, event, &actions)
    default: return .pass  // All else is between the client and upstream.
    }
  }

  /// The client cannot know a hidden id; if it names one all the same, there is no such item.
  private func refuseHidden(_ kind: EventKind, _ event: ByteBuffer, _ actions: inout [Action]) -> Visibility {
    guard let id = event.withJSON({ $0.member("item_id")?.string }), id.hasPrefix(Self.itemPrefix) else { return .pass }
    let verb =
      kind == .itemDelete ? ("delete", "deleting") : kind == .itemRetrieve ? ("retrieve", "retrieving") : ("truncate", "truncating")
    actions.append(
      .sendToClient(
        GatewayEvent.error(
          type: "invalid_request_error", code: "item_\(verb.0)_invalid_item_id",
          message: "Error \(verb.1) item: the item with id '\(id)' does not exist.",
          clientEventID: event.withJSON { $0.member("event_id")?.string }, id: nextID("gw_evt_h"))))
    return .hide
  }

  // MARK: Answers

  private static let responsePrefix = "gw_resp_"
  private static let itemPrefix = HiddenItems.itemPrefix
  private static let truncationPrefix = "gw_trunc_"
  private static let restorePrefix = "gw_rest_"
  private static let deletionPrefix = "gw_del_"

  /// The context of `item` stands in the conversation, or there is none, or the deadline passed.
  mutating func contextSettled(item: String) -> [Action] {
    var actions: [Action] = []
    perform(sequencer.contextSettled(item: item), &actions)
    return actions
  }

  mutating func perform(_ action: ResponseSequencerStateMachine.Action, _ actions: inout [Action]) {
    switch action {
    case .hold(let item): actions.append(.hold(item: item))
    case .cancelHold(let item): actions.append(.cancelHold(item: item))
    case .request(let item):
      count += 1
      // Nothing was committed: it goes on where tools were called.
      let response = (item.isEmpty ? unseen.request : nil).map { ",\"response\":\($0)" } ?? ""
      actions.append(
        .sendUpstream(ByteBuffer(string: #"{"type":"response.create","event_id":"\#(Self.responsePrefix)\#(count)"\#(response)}"#)))
    case .none: break
    }
  }

  // MARK: Context

  /// Puts a context item with this text at the end of the conversation.
  mutating func inject(context number: Int, _ text: String) -> [Action] {
    let id = ContextItem.id(number)
    hidden.added(id, after: newestItem)
    return [.sendUpstream(ContextItem.creation(id: id, text: text))]
  }

  mutating func withdraw(context number: Int) -> [Action] { [.sendUpstream(deletion(of: ContextItem.id(number)))] }

  /// An item of the gateway's own was refused, or deleted by another hand.
  private mutating func lose(_ id: String, _ actions: inout [Action]) {
    hidden.deleted(id)
    if let number = ContextItem.number(in: id) { actions.append(.contextLost(id: number)) }
  }

  /// The item stays hidden until upstream says that it is gone.
  private mutating func deletion(of id: String) -> ByteBuffer {
    count += 1
    return ContextItem.deletion(of: id, eventID: "\(Self.deletionPrefix)\(count)")
  }

  /// Cuts an answer to what was heard of it.
  mutating func truncation(_ cut: PlaybackClockStateMachine.Truncation) -> ByteBuffer {
    count += 1
    return ByteBuffer(
      string: """
        {"type":"conversation.item.truncate","event_id":"\(Self.truncationPrefix)\(count)","item_id":\(JSONText.quoted(cut.item)),\
        "content_index":\(cut.contentIndex),"audio_end_ms":\(cut.audioEndMilliseconds)}
        """)
  }

  private func nextID(_ prefix: String) -> String { "\(prefix)\(count)" }

  /// A name that was not given yet.
  mutating func newID(_ prefix: String) -> String {
    count += 1
    return nextID(prefix)
  }
}

extension ByteBuffer {
  /// The response that `response.created` or `response.done` is about. `conversation_id` null means it does not write to the conversation.
  var responseIdentity: (id: String, isOutOfBand: Bool)? {
    withJSON { event in
      guard let response = event.member("response"), let id = response.member("id")?.string else { return nil }
      return (id, response.member("conversation_id")?.isNull ?? false)
    }
  }
}
