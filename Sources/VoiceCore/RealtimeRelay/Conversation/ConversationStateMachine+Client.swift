import NIOCore

/// Client events on their way upstream: the operator's rules hold, the gateway's items do not exist, and each event is kept until it is
/// confirmed.
extension ConversationStateMachine {
  mutating func clientSent(_ decoded: ControlEvent.Decoded, _ bytes: ByteBuffer, at now: NIODeadline, _ actions: inout [Action])
    -> Visibility
  {
    guard !decoded.repeats else { return refuse("a parameter is given twice", decoded, &actions) }
    let sequence = log.nextSequence()
    func keep(_ awaited: UnconfirmedEvents.Awaited, id: String? = decoded.id) {
      log.unconfirmed.said(bytes, id: id, sequence: sequence, awaits: awaited)
    }
    switch decoded.event {
    case .sessionUpdate(let session):
      guard let update = policy.clientUpdated(bytes, session: session, id: decoded.id, &ids) else {
        return refuse("the session's settings are too many", decoded, &actions)
      }
      keep(.update, id: update.id)
      return update.event == bytes ? .pass : .show(update.event)
    case .responseCreate(let request):
      book.clientRequested(id: decoded.id, isOutOfBand: request.isOutOfBand, at: now)
      keep(.response(nil, isOutOfBand: request.isOutOfBand))
      let event = policy.clientRequested(bytes, request)
      return event == bytes ? .pass : .show(event)
    case .responseCancel(let response):
      book.clientCancelled(response)
      // An answer that is held is not being made yet: there is nothing for upstream to cancel.
      guard book.active == nil, book.holdCancelled() else { return .pass }
      actions.append(.answerCancelled)
      return .hide
    case .itemCreate(let creation):
      keep(.item(creation.item.id, kind: creation.item.kind, isFirst: creation.previous == "root"))
      return .pass
    case .itemDelete(let item):
      if let item, GatewayID.isItem(item) { return refuseHidden("delete", "deleting", item, decoded, &actions) }
      if let item { keep(.deletion(of: item)) }
      return .pass
    case .itemRetrieve(let item):
      if let item, GatewayID.isItem(item) { return refuseHidden("retrieve", "retrieving", item, decoded, &actions) }
      if let item { keep(.retrieval(of: item)) }
      return .pass
    case .itemTruncate(let cut):
      if GatewayID.isItem(cut.item) { return refuseHidden("truncate", "truncating", cut.item, decoded, &actions) }
      if log.textAnswers.contains(cut.item) { return truncatedAsText(cut, &actions) }
      keep(.truncation(of: cut.item))
      return .pass
    case .audioCommit:
      book.clientCommitted()
      log.audio.commitRequested(RealtimeMessage(bytes), sequence: sequence)
      return .pass
    case .audioClear:
      book.cleared()
      log.audio.clearRequested()
      return .pass
    case .other: return .pass  // All else is between the client and upstream.
    }
  }

  /// Audio of the client's, which passes.
  mutating func audioAppended(_ message: RealtimeMessage, seconds: Double) {
    log.audio.appended(message, seconds: seconds, sequence: log.nextSequence())
  }

  /// The answer was restored as text, of which the provider truncates nothing: it is confirmed here, and kept so for the next upstream.
  private mutating func truncatedAsText(_ cut: ControlEvent.Truncation, _ actions: inout [Action]) -> Visibility {
    log.items.truncated(cut, length: playback.length(of: cut.item))
    actions.append(.sendToClient(GatewayEvent.truncated(cut, id: ids.next(.event)).bytes))
    return .hide
  }

  private mutating func refuse(_ why: String, _ decoded: ControlEvent.Decoded, _ actions: inout [Action]) -> Visibility {
    actions.append(.failed(code: "invalid_event"))
    actions.append(
      .sendToClient(
        GatewayEvent.error(
          type: "invalid_request_error", code: "invalid_event", message: "Invalid event: \(why).", clientEventID: decoded.id,
          id: ids.next(.event)
        ).bytes))
    return .hide
  }

  /// The client cannot know a hidden id; if it names one all the same, there is no such item.
  private mutating func refuseHidden(
    _ verb: String, _ doing: String, _ item: String, _ decoded: ControlEvent.Decoded, _ actions: inout [Action]
  ) -> Visibility {
    actions.append(
      .sendToClient(
        GatewayEvent.error(
          type: "invalid_request_error", code: "item_\(verb)_invalid_item_id",
          message: "Error \(doing) item: the item with id '\(item)' does not exist.", clientEventID: decoded.id, id: ids.next(.event)
        ).bytes))
    return .hide
  }
}
