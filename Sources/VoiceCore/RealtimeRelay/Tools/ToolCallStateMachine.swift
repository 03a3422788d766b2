import NIOCore

/// The calls of the gateway's own tools: which items they are, which are under way, and when the model is to go on.
///
/// A response that calls them ends; when every call has its output the gateway asks for the next response, unless the user spoke
/// meanwhile, or the client has calls of the same response to answer and asks itself.
struct ToolCallStateMachine {
  /// What an event tells.
  struct Finding: Equatable {
    /// Whether it is about a call of the gateway's own.
    var isHidden = false
    /// A call that is complete: to be run.
    var call: (id: String, name: String, arguments: String)?

    static func == (left: Self, right: Self) -> Bool { left.isHidden == right.isHidden && left.call?.id == right.call?.id }
  }

  /// The calls of one response.
  private struct Round {
    var pending: Set<String> = []
    var isResponseDone = false
    /// The client, or the next turn, asks for the next response.
    var isLeftToOthers = false
  }

  private let names: Set<String>
  /// Items of calls, newest last. Events about older ones are long over.
  private var items: [String] = []
  private var underWay: Set<String> = []
  private var round: Round?

  init(_ tools: [ToolDefinition]) { names = Set(tools.map(\.name)) }

  var isActive: Bool { !names.isEmpty }
  /// Whether the model waits for an output.
  var isPending: Bool { !underWay.isEmpty }

  /// Whether the model is to go on as soon as the outputs are there.
  var isGoingOn: Bool { round.map { !$0.isLeftToOthers && !$0.pending.isEmpty } ?? false }

  func hides(item id: String) -> Bool { items.contains(id) }

  // MARK: From upstream

  /// `response.output_item.*` and `conversation.item.*`. A call is complete with `response.output_item.done`. `clientTools`: names that
  /// the client took for its own.
  mutating func itemNamed(_ kind: EventKind, _ event: ByteBuffer, clientTools: Set<String>) -> Finding {
    let found = event.withJSON { event -> (id: String, name: String, call: String, arguments: String, status: String)? in
      guard let item = event.member("item"), item.member("type")?.string == "function_call", let id = item.member("id")?.string else {
        return nil
      }
      return (
        id, item.member("name")?.string ?? "", item.member("call_id")?.string ?? "", item.member("arguments")?.string ?? "",
        item.member("status")?.string ?? "completed"
      )
    }
    guard let found else { return Finding() }
    guard names.contains(found.name), !clientTools.contains(found.name) else {
      round = round ?? Round()
      round?.isLeftToOthers = true
      return Finding()
    }
    if !items.contains(found.id) {
      items.append(found.id)
      if items.count > 64 { items.removeFirst() }
    }
    guard kind == .outputItemDone, found.status == "completed", underWay.insert(found.call).inserted else {
      return Finding(isHidden: true)
    }
    round = round ?? Round()
    round?.pending.insert(found.call)
    return Finding(isHidden: true, call: (found.call, found.name, found.arguments))
  }

  /// A response began: a round that nobody goes on with is over.
  mutating func responseCreated() { round = nil }

  /// Answers whether the next response is to be asked for.
  mutating func responseDone() -> Bool {
    round?.isResponseDone = true
    return endRoundIfComplete()
  }

  /// The user speaks: the next turn is answered with what the calls found.
  mutating func speechStarted() { round?.isLeftToOthers = true }

  /// Upstream was replaced, and the calls with it. Answers whether one was under way.
  mutating func upstreamReplaced() -> Bool {
    defer {
      underWay = []
      round = nil
    }
    return isPending
  }

  // MARK: From the tools

  /// A call has its output. Nil where nobody waits for it any more; else whether the next response is to be asked for.
  mutating func finished(_ call: String) -> Bool? {
    guard underWay.remove(call) != nil else { return nil }
    round?.pending.remove(call)
    return endRoundIfComplete()
  }

  private mutating func endRoundIfComplete() -> Bool {
    guard let current = round, current.isResponseDone, current.pending.isEmpty else { return false }
    round = nil
    return !current.isLeftToOthers
  }
}
