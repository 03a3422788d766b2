import NIOCore

/// Calls of the gateway's own tools, as the conversation has them: hidden, answered, and gone on from.
extension ConversationStateMachine {
  /// An event that names an item: hides it when it is a call of the gateway's own.
  mutating func isCall(_ item: ConversationItem, isComplete: Bool, _ actions: inout [Action]) -> Bool {
    guard book.tools.isActive else { return false }
    let finding = book.tools.itemNamed(item, isComplete: isComplete, clientTools: policy.clientTools)
    if let call = finding.call {
      // A new upstream receives the call even where no other event names it.
      if let id = item.id, !log.items.contains(id) { log.items.named(item, .unsaid, isHidden: true) }
      actions.append(.runTool(id: call.id, name: call.name, arguments: call.arguments))
    }
    return finding.isHidden
  }

  /// `response.done` without the calls that the client knows nothing of.
  func withoutCalls(_ event: ByteBuffer) -> Visibility {
    guard book.tools.isActive else { return .pass }
    let output = event.withJSON { event -> (shown: String, isChanged: Bool)? in
      guard let items = event.member("response")?.member("output")?.elements else { return nil }
      let shown = items.filter { !($0.member("id")?.string.map(book.tools.hides(item:)) ?? false) }
      return ("[\(shown.map(\.json).joined(separator: ","))]", shown.count < items.count)
    }
    guard let output, output.isChanged, let edited = JSONEditor.setting(["response", "output"], to: output.shown, in: event) else {
      return .pass
    }
    return .show(edited)
  }

  /// An event of a response's item that is the client's to see: the response's beginning goes before it, if that was kept back.
  mutating func beginningShown(of response: String?, _ event: ByteBuffer, _ actions: inout [Action]) -> Visibility {
    guard book.unseen.isBegun(response) else { return .pass }
    show(&actions)
    actions.append(.sendToClient(event))
    return .hide
  }

  /// The end of a response. One that only called the gateway's tools, and is continued, is not the client's to see.
  mutating func responseEnded(_ id: String, _ event: ByteBuffer, goesOn: Bool, _ actions: inout [Action]) -> Visibility {
    let visibility = withoutCalls(event)
    guard case .begun(id, let created) = book.unseen else { return visibility }
    let done = if case .show(let edited) = visibility { edited } else { event }
    if goesOn || book.tools.isGoingOn {
      book.unseen = .ended(created: created, done: done)
      return .hide
    }
    show(&actions)
    actions.append(.sendToClient(done))
    return .hide
  }

  /// Sends the events that were kept back.
  mutating func show(_ actions: inout [Action]) {
    for event in book.unseen.shown() { actions.append(.sendToClient(event)) }
  }

  /// Upstream is lost. Answers whether the client has heard of the response that went with it.
  mutating func hasSeen(_ response: String) -> Bool {
    guard book.unseen.isBegun(response) else { return true }
    book.unseen = .none
    return false
  }

  /// A call has its output: the model gets it, and goes on when it was the last one.
  mutating func toolFinished(_ call: String, output: String) -> [Action] {
    guard let goesOn = book.tools.finished(call) else { return [] }
    let id = ids.next(.item)
    let item = UpstreamCommand.functionOutput(id: id, call: call, output: output)
    // While upstream is being replaced nothing is sent; the next one gets it with all others.
    log.items.put(id, json: item)
    var actions: [Action] = [.sendUpstream(UpstreamCommand.createItem(id: id, item: item).bytes)]
    if goesOn { perform(book.answerOwed(), &actions) }
    return actions
  }
}
