public import NIOCore
public import VoiceCore

/// Asks while the user speaks, so that the passages stand in the conversation when the answer is due.
///
/// ``PrefetchStateMachine`` decides when to ask and what a turn gets; ``ContextItems`` knows what stands in the conversation.
public struct Prefetcher: ContextPrefetcher {
  private let configuration: PrefetchConfiguration
  private var machine: PrefetchStateMachine
  private var items: ContextItems
  /// The item that was injected last, unless an answer has used it.
  private var newestItem: Int?
  private var injections = 0
  private var underWay: [Int: NIODeadline] = [:]

  public init(_ configuration: PrefetchConfiguration = .init()) {
    self.configuration = configuration
    machine = PrefetchStateMachine(configuration)
    items = ContextItems(tokenBudget: configuration.contextTokenBudget)
  }

  public var nextDeadline: NIODeadline? { machine.nextDeadline }

  public mutating func received(_ event: ContextEvent, at now: NIODeadline) -> [ContextAction] {
    switch event {
    case .speechStarted(let item): return translated(machine.speechStarted(item: item, at: now), at: now)
    case .speechStopped(let item): return translated(machine.speechStopped(item: item, at: now), at: now)
    case .heard(let heard): return translated(machine.heard(heard, at: now), at: now)
    case .commitRequested: return translated(machine.commitRequested(at: now), at: now)
    case .commitRefused: return translated(machine.commitRefused(), at: now)
    case .committed(let item, _): return translated(machine.committed(item: item, at: now), at: now)
    case .answerAsked: return translated(machine.answerAsked(at: now), at: now)
    case .answerBegan: return translated(machine.answerBegan(at: now), at: now)
    case .answerEnded: return items.turnEnded().map { .withdraw(id: $0) }
    case .contextLost(let id):
      items.removed(id)
      return []
    case .upstreamReplaced:
      items.removeAll()
      newestItem = nil
      machine.upstreamReplaced()
      return []
    case .retrieved(let id, let result): return ended(id, result, at: now) + translated(machine.retrieved(id, result, at: now), at: now)
    case .deadlinePassed: return translated(machine.deadlinePassed(at: now), at: now)
    }
  }

  private mutating func translated(_ actions: [PrefetchStateMachine.Action], at now: NIODeadline) -> [ContextAction] {
    var result: [ContextAction] = []
    for action in actions {
      switch action {
      case .ask(let id, let text):
        underWay[id] = now
        result.append(.ask(id: id, RetrievalQuery(text: text, limit: configuration.topK, timeout: configuration.queryTimeout)))
      case .cancel(let id):
        result.append(.cancel(id: id))
        if let askedAt = underWay.removeValue(forKey: id) {
          result.append(.queried(QueryMetrics(askedAt: askedAt, took: Duration(now - askedAt), end: .cancelled)))
        }
      case .inject(let passages): result += inject(passages)
      case .withdraw: result += withdraw()
      case .hold: result.append(.hold)
      case .release: result.append(.release)
      case .settle(let outcome, let isInjected):
        if !isInjected { result += inject(outcome.passages) }
        result.append(.settle(outcome))
      }
    }
    return result
  }

  private mutating func ended(_ id: Int, _ result: Result<[Passage], RetrievalError>, at now: NIODeadline) -> [ContextAction] {
    guard let askedAt = underWay.removeValue(forKey: id) else { return [] }
    let end: QueryMetrics.End =
      switch result {
      case .success(let passages): passages.isEmpty ? .nothing : .found(passages: passages.count)
      case .failure(let error): .failed(error.code)
      }
    return [.queried(QueryMetrics(askedAt: askedAt, took: Duration(now - askedAt), end: end))]
  }

  // MARK: What stands in the conversation

  /// Puts passages there, but for those that stand there already.
  private mutating func inject(_ passages: [Passage]) -> [ContextAction] {
    // What stands there already was injected for an answer before: it is not this turn's to withdraw.
    newestItem = nil
    let missing = items.missing(of: passages)
    guard let text = ContextText.make(missing, limit: configuration.maxContextCharacters) else { return [] }
    injections += 1
    items.added(injections, missing, text: text)
    newestItem = injections
    return [.inject(id: injections, text: text)]
  }

  /// Takes what was injected last out again.
  private mutating func withdraw() -> [ContextAction] {
    guard let id = newestItem else { return [] }
    newestItem = nil
    items.removed(id)
    return [.withdraw(id: id)]
  }
}
