import NIOCore

/// The conversation goes on with another upstream, or in another session: what that is given, and what is asked for again.
extension ConversationStateMachine {
  /// The conversation as it is stored.
  var stored: StoredConversation {
    StoredConversation(configuration: policy.asked, items: log.items.restorable, droppedItems: log.items.dropped)
  }

  /// The conversation goes on from what was stored, as soon as upstream is open.
  mutating func restore(_ stored: StoredConversation) {
    policy.restore(asked: stored.configuration)
    log.restore(stored) { book.tools.isOwn($0, clientTools: policy.clientTools) }
    ids.reserve(stored.items.lazy.map(\.id))
    isRestorePending = true
  }

  /// Upstream is lost: ends each response that went with it, and appends what the client is to receive.
  mutating func upstreamLost(at now: NIODeadline, _ actions: inout [Action]) {
    for made in book.upstreamLost(at: now) {
      actions.append(.responseEnded(status: "lost", usage: nil, characters: made.audioCharacters, isConversations: false))
      if made.isOutOfBand { log.unconfirmed.responseEnded(made.id) }
      if hasSeen(made.id) {
        actions.append(.sendToClient(GatewayEvent.responseLost(made.id, metadata: made.metadata, id: ids.next(.event)).bytes))
      }
    }
  }

  /// Another upstream is open in place of a lost one. It gets the settings and the items that the old one had, then what the client said
  /// and upstream did not confirm, in order; then the answer that was lost is asked for again, unless the client asks for one: `asksNext`, by
  /// what it said meanwhile. Answers the number of items.
  mutating func upstreamReplaced(_ settings: SessionSettings, asksNext: Bool = false, _ actions: inout [Action]) -> Int {
    let isSaidAgain = log.audio.willBeCommitted
    let items = restore(settings, &actions)
    let again = log.replayed()
    actions += again.map(\.action)
    let isAskedAgain =
      asksNext || again.contains { if case .sayAgain(let bytes) = $0.action { bytes.isConversationsRequest } else { false } }
    perform(book.upstreamReplaced(isSaidAgain: isSaidAgain, isAskedAgain: isAskedAgain, commits: again.count(where: \.isCommit)), &actions)
    return items
  }

  @discardableResult
  mutating func restore(_ settings: SessionSettings, _ actions: inout [Action]) -> Int {
    if let update = policy.sessionCreated(settings, &ids) { actions.append(.sendUpstream(update)) }
    log.applyCuts { playback.length(of: $0) }
    let items = log.restored()
    for item in items { actions.append(.sendUpstream(UpstreamCommand.createItem(id: ids.next(.restore), item: item.json).bytes)) }
    return items.count
  }
}

extension ByteBuffer {
  /// True for a request for a response that writes to the conversation.
  var isConversationsRequest: Bool {
    guard case .event(.responseCreate) = EventScanner.scanFirst(self) else { return false }
    guard case .responseCreate(let request) = ControlEvent.client(.responseCreate, self).event else { return false }
    return !request.isOutOfBand
  }
}
