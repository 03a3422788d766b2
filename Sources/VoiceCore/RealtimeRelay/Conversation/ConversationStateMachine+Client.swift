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
      // Another upstream is not asked for it again.
      if let cancelled = book.clientCancelled(response) { log.unconfirmed.responseEnded(cancelled) }
      // An answer that is held is not being made yet: there is nothing for upstream to cancel.
      guard book.active == nil, book.holdCancelled() else { return .pass }
      actions.append(.answerCancelled)
      return .hide
    case .itemCreate(let creation):
      if let id = creation.item.id, GatewayID.kind(of: id) != nil {
        return refuse("names of items that begin with gw_ are the gateway's", decoded, &actions)
      }
      if let previous = creation.previous, log.items.isHidden(previous) {
        return refuseHidden("create", "creating", previous, decoded, &actions)
      }
      keep(.item(creation.item.id, kind: creation.item.kind, isFirst: creation.previous == "root"))
      return .pass
    case .itemDelete(let item):
      if let item, log.items.isHidden(item) { return refuseHidden("delete", "deleting", item, decoded, &actions) }
      if let item { keep(.deletion(of: item)) }
      return .pass
    case .itemRetrieve(let item):
      if let item, log.items.isHidden(item) { return refuseHidden("retrieve", "retrieving", item, decoded, &actions) }
      if let item { keep(.retrieval(of: item)) }
      return .pass
    case .itemTruncate(let asked):
      if log.items.isHidden(asked.item) { return refuseHidden("truncate", "truncating", asked.item, decoded, &actions) }
      let cut = clampsTruncations ? playback.clamped(asked) : asked
      if log.textAnswers.contains(cut.item) { return truncatedAsText(cut, &actions) }
      keep(.truncation(of: cut.item))
      return clamped(bytes, to: cut, from: asked)
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

  /// The provider refuses a cut beyond the audio that there is, which a client that counts by the clock asks for now and then.
  private func clamped(_ bytes: ByteBuffer, to cut: ControlEvent.Truncation, from asked: ControlEvent.Truncation) -> Visibility {
    guard cut != asked, let edited = JSONEditor.setting(["audio_end_ms"], to: "\(cut.audioEndMilliseconds)", in: bytes) else {
      return .pass
    }
    return .show(edited)
  }

  /// The answer was restored as text, of which the provider truncates nothing: it is confirmed here, and put back shorter.
  private mutating func truncatedAsText(_ cut: ControlEvent.Truncation, _ actions: inout [Action]) -> Visibility {
    if let again = log.textCut(cut, length: playback.length(of: cut.item)) {
      actions.append(.sendUpstream(UpstreamCommand.deleteItem(id: ids.next(.deletion), item: cut.item).bytes))
      if let json = again.json {
        actions.append(
          .sendUpstream(UpstreamCommand.createItem(id: ids.next(.restore), item: json, previous: again.previous).bytes))
      }
    }
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
