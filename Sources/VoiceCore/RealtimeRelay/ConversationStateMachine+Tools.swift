import NIOCore

/// Calls of the gateway's own tools, as the conversation has them: hidden, answered, and gone on from.
extension ConversationStateMachine {
  /// An event that names an item: hides it when it is a call of the gateway's own.
  mutating func isCall(_ kind: EventKind, _ event: ByteBuffer, _ actions: inout [Action]) -> Bool {
    guard tools.isActive else { return false }
    let finding = tools.itemNamed(kind, event, clientTools: policy.clientTools)
    if let call = finding.call { actions.append(.runTool(id: call.id, name: call.name, arguments: call.arguments)) }
    return finding.isHidden
  }

  /// `response.done` without the calls that the client knows nothing of.
  func withoutCalls(_ event: ByteBuffer) -> Visibility {
    guard tools.isActive else { return .pass }
    let output = event.withJSON { event -> (shown: String, isChanged: Bool)? in
      guard let items = event.member("response")?.member("output")?.elements else { return nil }
      let shown = items.filter { !($0.member("id")?.string.map(tools.hides(item:)) ?? false) }
      return ("[\(shown.map(\.json).joined(separator: ","))]", shown.count < items.count)
    }
    guard let output, output.isChanged, let edited = JSONEditor.setting(["response", "output"], to: output.shown, in: event) else {
      return .pass
    }
    return .show(edited)
  }

  /// An event of a response's item that is the client's to see: the response's beginning goes before it, if that was kept back.
  mutating func beginningShown(_ event: ByteBuffer, _ actions: inout [Action]) -> Visibility {
    guard unseen.isBegun(event.withJSON { $0.member("response_id")?.string }) else { return .pass }
    show(&actions)
    actions.append(.sendToClient(RealtimeMessage(event)))
    return .hide
  }

  /// The end of a response. One that only called the gateway's tools, and is gone on from, is not the client's to see.
  mutating func responseEnded(_ event: ByteBuffer, goesOn: Bool, _ actions: inout [Action]) -> Visibility {
    let visibility = withoutCalls(event)
    guard case .begun(_, let created) = unseen else { return visibility }
    let done = if case .show(let edited) = visibility { edited } else { event }
    if goesOn || tools.isGoingOn {
      unseen = .ended(created: created, done: done)
      return .hide
    }
    show(&actions)
    actions.append(.sendToClient(RealtimeMessage(done)))
    return .hide
  }

  /// What was kept back goes out.
  mutating func show(_ actions: inout [Action]) {
    for event in unseen.shown() { actions.append(.sendToClient(RealtimeMessage(event))) }
  }

  /// Upstream is lost. Answers whether the client has heard of the response that went with it.
  mutating func hasSeen(_ response: String) -> Bool {
    guard unseen.isBegun(response) else { return true }
    unseen = .none
    return false
  }

  /// A call has its output: the model gets it, and goes on when it was the last one.
  mutating func toolFinished(_ call: String, output: String) -> [Action] {
    guard let goesOn = tools.finished(call) else { return [] }
    let id = newID(HiddenItems.itemPrefix)
    hidden.added(id, after: newestItem)
    var actions: [Action] = [
      .sendUpstream(
        ByteBuffer(
          string: """
            {"type":"conversation.item.create","event_id":"\(id)","item":{"id":"\(id)","type":"function_call_output",\
            "call_id":\(JSONText.quoted(call)),"output":\(JSONText.quoted(output))}}
            """))
    ]
    if goesOn { perform(sequencer.answerOwed(), &actions) }
    return actions
  }
}
