/// The calls of the gateway's own tools: which items they are, which are under way, and when the model is to go on.
///
/// A response that calls them ends; when every call has its output the gateway asks for the next response, unless the user spoke
/// meanwhile, or the client has calls of the same response to answer and asks itself.
struct ToolCallStateMachine {
  /// Meaning of an event.
  struct Finding: Equatable {
    /// True if it is about a call of the gateway's own.
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
    /// The client asked for the next response before all outputs were there.
    var isAskedEarly = false
  }

  private static let maxItems = 1_024

  private let names: Set<String>
  /// Items of calls, newest last. Events about older ones are long over.
  private var items: [String] = []
  private var underWay: Set<String> = []
  private var round: Round?

  init(_ tools: [ToolDefinition]) { names = Set(tools.map(\.name)) }

  var isActive: Bool { !names.isEmpty }
  /// True if a call has no output yet.
  var isPending: Bool { !underWay.isEmpty }

  /// True if the model is to go on as soon as the outputs are there.
  var isGoingOn: Bool { round.map { !$0.isLeftToOthers && !$0.pending.isEmpty } ?? false }

  func hides(item id: String) -> Bool { items.contains(id) }

  // MARK: From upstream

  /// An event that names an item. A call is complete with `response.output_item.done`: `isComplete`. `clientTools`: names that the client
  /// took for its own.
  mutating func itemNamed(_ item: ConversationItem, isComplete: Bool, clientTools: Set<String>) -> Finding {
    guard item.isCall, let id = item.id else { return Finding() }
    guard isOwn(item, clientTools: clientTools) else {
      round = round ?? Round()
      round?.isLeftToOthers = true
      return Finding()
    }
    if !items.contains(id) {
      items.append(id)
      if items.count > Self.maxItems { items.removeFirst() }
    }
    let call = item.callID ?? ""
    guard isComplete, (item.status ?? "completed") == "completed", underWay.insert(call).inserted else { return Finding(isHidden: true) }
    round = round ?? Round()
    round?.pending.insert(call)
    // A call without arguments is one of an empty object.
    let arguments = item.arguments.flatMap { $0.isEmpty ? nil : $0 } ?? "{}"
    return Finding(isHidden: true, call: (call, item.name ?? "", arguments))
  }

  /// True if the item is a call of one of the gateway's tools.
  func isOwn(_ item: ConversationItem, clientTools: Set<String>) -> Bool {
    guard item.isCall, let name = item.name else { return false }
    return names.contains(name) && !clientTools.contains(name)
  }

  /// A response began: a round that is not continued is over, unless the client asked before all outputs were there.
  mutating func responseCreated() {
    if round?.isAskedEarly ?? false { round?.isResponseDone = false } else { round = nil }
  }

  /// The client asks for a response while a call still runs: its output is to be spoken of too, afterwards.
  mutating func clientRequested() {
    guard let current = round, !current.pending.isEmpty else { return }
    round?.isAskedEarly = true
    round?.isLeftToOthers = false
  }

  /// Answers whether the next response is to be asked for.
  mutating func responseDone() -> Bool {
    round?.isResponseDone = true
    return endRoundIfComplete()
  }

  /// The user speaks: the next turn is answered with what the calls found.
  mutating func speechStarted() {
    round?.isLeftToOthers = true
    round?.isAskedEarly = false
  }

  /// Upstream is lost, and the response with it. Its calls run on: the next upstream gets them, and their outputs.
  mutating func upstreamLost() { round?.isResponseDone = true }

  // MARK: From the tools

  /// A call has its output. Nil where that is not awaited any more; else true if the next response is to be asked for.
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
