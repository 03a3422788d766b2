public import NIOCore
public import VoiceCore

/// Asks while the user speaks, so that the passages stand in the conversation when the answer is due.
///
/// Speech and text that the client writes are each followed by a `PrefetchStateMachine`, which decides when to ask and what a turn
/// gets; `ContextItems` knows what stands in the conversation.
public struct Prefetcher: ContextPrefetcher {
  private enum Origin { case spoken, written }
  /// A query under way, by the number that the machine of its origin gave it.
  private struct Query {
    var origin: Origin
    var number: Int
    var askedAt: NIODeadline
  }

  private let configuration: PrefetchConfiguration
  private var spoken: PrefetchStateMachine
  private var written: PrefetchStateMachine
  private var question: WrittenQuestion
  private var items: ContextItems
  /// Language that is spoken, as the session declares it.
  private var language: String?
  private var injections = 0
  private var queries = 0
  private var underWay: [Int: Query] = [:]

  /// Creates a prefetcher with this configuration.
  public init(_ configuration: PrefetchConfiguration = .init()) {
    self.configuration = configuration
    spoken = PrefetchStateMachine(configuration)
    written = PrefetchStateMachine(configuration)
    question = WrittenQuestion(limit: configuration.maxQueryCharacters)
    items = ContextItems(tokenBudget: configuration.contextTokenBudget)
  }

  public var nextDeadline: NIODeadline? {
    [spoken.nextDeadline, written.nextDeadline].compactMap { $0 }.min()
  }

  public mutating func received(_ event: ContextEvent, at now: NIODeadline) -> [ContextAction] {
    switch event {
    case .speechStarted(let item):
      return done(written.answerCancelled(), .written, at: now) + done(spoken.speechStarted(item: item, at: now), at: now)
    case .speechStopped(let item): return done(spoken.speechStopped(item: item, at: now), at: now)
    case .heard(let words): return done(spoken.heard(words, at: now), at: now)
    case .commitRequested: return done(spoken.commitRequested(at: now), at: now)
    case .commitRefused: return done(spoken.commitRefused(), at: now)
    case .committed(let item, let isHeld): return done(spoken.committed(item: item, isHeld: isHeld, at: now), at: now)
    case .typed(let item, let text):
      question.wrote(text, item: item)
      return []
    case .answerWritten:
      question.answered()
      return []
    case .answerAsked:
      let actions = done(spoken.answerAsked(at: now), at: now)
      guard !actions.contains(.hold), let asked = question.taken() else { return actions }
      return actions + done(written.questionAsked(asked.text, item: asked.item, at: now), .written, at: now)
    case .answerCancelled:
      return done(spoken.answerCancelled(), at: now) + done(written.answerCancelled(), .written, at: now)
    case .answerBegan:
      question.answered()
      items.answerBegan()
      return done(spoken.answerBegan(at: now), at: now) + done(written.answerBegan(at: now), .written, at: now)
    case .answerEnded: return items.answerEnded().map { .withdraw(id: $0) }
    case .contextLost(let id):
      items.removed(id)
      return []
    case .upstreamReplaced:
      items.removeAll()
      spoken.upstreamReplaced()
      written.upstreamReplaced()
      return []
    case .languageDeclared(let code):
      language = code
      spoken.language = code.flatMap { Languages(code: $0) }
      return []
    case .retrievedEarly(let id, let passages):
      guard let query = underWay[id], !passages.isEmpty else { return [] }
      switch query.origin {
      case .spoken: return done(spoken.retrievedEarly(query.number, passages, at: now), at: now)
      case .written: return done(written.retrievedEarly(query.number, passages, at: now), .written, at: now)
      }
    case .retrieved(let id, let result): return retrieved(id, result, at: now)
    case .deadlinePassed:
      return done(spoken.deadlinePassed(at: now), at: now) + done(written.deadlinePassed(at: now), .written, at: now)
    }
  }

  private mutating func retrieved(_ id: Int, _ result: Result<[Passage], RetrievalError>, at now: NIODeadline) -> [ContextAction] {
    guard let query = underWay.removeValue(forKey: id) else { return [] }
    let end: QueryMetrics.End =
      switch result {
      case .success(let passages): passages.isEmpty ? .nothing : .found(passages: passages.count)
      case .failure(let error): .failed(error.code)
      }
    let metrics = ContextAction.queried(QueryMetrics(askedAt: query.askedAt, took: Duration(now - query.askedAt), end: end))
    switch query.origin {
    case .spoken: return [metrics] + done(spoken.retrieved(query.number, result, at: now), at: now)
    case .written: return [metrics] + done(written.retrieved(query.number, result, at: now), .written, at: now)
    }
  }

  // MARK: What the machines want

  private mutating func done(
    _ actions: [PrefetchStateMachine.Action], _ origin: Origin = .spoken, at now: NIODeadline
  ) -> [ContextAction] {
    var result: [ContextAction] = []
    for action in actions {
      switch action {
      case .ask(let number, let text):
        queries += 1
        underWay[queries] = Query(origin: origin, number: number, askedAt: now)
        result.append(.ask(id: queries, query(text, origin)))
      case .cancel(let number):
        guard let (id, query) = underWay.first(where: { $0.value.origin == origin && $0.value.number == number }) else { continue }
        underWay[id] = nil
        result += [
          .cancel(id: id), .queried(QueryMetrics(askedAt: query.askedAt, took: Duration(now - query.askedAt), end: .cancelled)),
        ]
      case .provide(let passages): result += provide(passages)
      case .hold: result.append(.hold)
      case .release: result.append(.release)
      case .settle(let outcome): result.append(.settle(settled(outcome, origin)))
      }
    }
    return result
  }

  private func query(_ text: String, _ origin: Origin) -> RetrievalQuery {
    let previous = spoken.last.question.text
    return RetrievalQuery(
      text: text, limit: configuration.topK, timeout: configuration.queryTimeout, language: origin == .spoken ? language : nil,
      previous: previous.isEmpty ? nil : previous)
  }

  /// Both ways of asking go on from the question that was settled last. What a turn is said to have got is what stands there for it.
  private mutating func settled(_ outcome: ContextOutcome, _ origin: Origin) -> ContextOutcome {
    switch origin {
    case .spoken: written.last = spoken.last
    case .written: spoken.last = written.last
    }
    guard !outcome.passages.isEmpty, spoken.unasked == nil || origin == .written else { return outcome }
    var outcome = outcome
    outcome.passages = items.standing(of: outcome.passages)
    if outcome.passages.isEmpty { outcome.status = .miss }
    return outcome
  }

  /// Puts passages into the conversation that do not stand there, and takes out what no answer has used.
  private mutating func provide(_ passages: [Passage]) -> [ContextAction] {
    let withdrawn = items.withdrawUnused(keeping: passages).map { ContextAction.withdraw(id: $0) }
    guard !items.isProvided(passages) else { return withdrawn }
    let missing = items.missing(of: passages)
    guard let context = ContextText.make(missing, limit: configuration.maxContextCharacters) else { return withdrawn }
    injections += 1
    items.added(injections, context, of: passages)
    return withdrawn + [.inject(id: injections, text: context.text)]
  }
}
