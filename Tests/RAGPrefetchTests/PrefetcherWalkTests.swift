import NIOCore
import RAGPrefetch
import Testing
import VoiceCore
import VoiceTesting

/// Random sessions of speech, typing, requests, cancels and losses, the same for the same seed: what must hold whatever happens.
struct PrefetcherWalkTests {
  private static let words =
    "what is the refund policy for opened items no wait where can I rent mountain bikes near lake yes thanks and it"
    .split(separator: " ")

  @Test(arguments: 0..<200) func `whatever happens, requests go out in time, and what stands in the conversation is known`(_ seed: UInt64) {
    var walk = PrefetcherWalk(seed: seed)
    for _ in 0..<500 where walk.problem == nil { walk.step() }
    #expect(walk.problem == nil)
    // A walk in which nothing happens proves nothing.
    #expect(walk.settled > 3)
  }
}

private struct PrefetcherWalk {
  private var random: SeededGenerator
  private let configuration = PrefetchConfiguration(contextTokenBudget: 200)
  private var prefetcher: Prefetcher
  private var time: Int64 = 0
  private var underWay: Set<Int> = []
  private var standing: Set<Int> = []
  /// Of the gateway's own hold.
  private var held: (item: String, deadline: Int64)?
  private var requestDeadline: Int64?
  private var item = 0
  private(set) var settled = 0
  /// Last events and what came of them, for the message of a failure.
  private var history: [String] = []
  private(set) var problem: String?

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    prefetcher = Prefetcher(configuration)
  }

  mutating func step() {
    pass(Int64(random.below(120)))
    let name = "item_\(item)"
    switch random.below(20) {
    case 0:
      item += 1
      (held, requestDeadline) = (nil, nil)
      tell(.speechStarted(item: "item_\(item)"))
    case 1, 2: tell(.speechStopped(item: name))
    case 3, 4:
      guard held == nil, item > 0 else { return }
      let isHeld = random.below(3) > 0
      if isHeld { held = (name, time + 200) }
      tell(.committed(item: name, isHeld: isHeld))
    case 5: tell(.commitRequested)
    case 6: tell(.commitRefused)
    case 7: tell(.typed(item: random.below(2) == 0 ? nil : "t\(time)", text: sentence()))
    case 8:
      requestDeadline = requestDeadline ?? time + 200
      isAsking = true
      tell(.answerAsked)
      if isAsking { requestDeadline = nil }
    case 9:
      (held, requestDeadline) = (nil, nil)
      tell(.answerBegan)
    case 10: tell(.answerEnded)
    case 11 where random.below(4) == 0:
      (held, requestDeadline) = (nil, nil)
      tell(.answerCancelled)
    case 12 where random.below(4) == 0:
      standing = []
      tell(.upstreamReplaced)
    case 13 where random.below(4) == 0:
      if let id = standing.randomElement(using: &random) {
        standing.remove(id)
        tell(.contextLost(id: id))
      }
    case 14:
      tell(.heard(HeardWords(sentence(), source: .client, kind: random.below(3) == 0 ? .final : .interim)))
    case 15: tell(.heard(HeardWords(sentence(), item: name, source: .upstream, kind: .completed)))
    case 16, 17:
      guard let id = underWay.randomElement(using: &random) else { return }
      let passages = (0..<random.below(3)).map { _ in Passage(text: "Passage \(random.below(9))") }
      if random.below(3) == 0 { return tell(.retrievedEarly(id: id, passages)) }
      underWay.remove(id)
      tell(.retrieved(id: id, random.below(5) == 0 ? .failure(RetrievalError(.timeout, "late")) : .success(passages)))
    default: tell(.heard(HeardWords(" " + word(), item: name, source: .upstream, kind: .delta)))
    }
    if let held, time > held.deadline { fail("\(held.item) waits still") }
    if let requestDeadline, time > requestDeadline { fail("the client's request waits still") }
  }

  /// The request that is being made was not held.
  private var isAsking = false

  private mutating func word() -> String { String(PrefetcherWalkTests.word(random.below(24))) }
  private mutating func sentence() -> String { (0..<1 + random.below(9)).map { _ in word() }.joined(separator: " ") }

  /// The clock runs to each deadline, as a timer does.
  private mutating func pass(_ milliseconds: Int64) {
    let end = time + milliseconds
    var rounds = 0
    while let deadline = prefetcher.nextDeadline, Int64(deadline.uptimeNanoseconds / 1_000_000) <= end {
      let before = time
      time = max(time, Int64(deadline.uptimeNanoseconds / 1_000_000))
      tell(.deadlinePassed)
      rounds = time == before ? rounds + 1 : 0
      if rounds > 8 { return fail("the deadline stands still") }
    }
    time = end
  }

  private mutating func tell(_ event: ContextEvent) {
    let actions = prefetcher.received(event, at: .uptimeNanoseconds(0) + .milliseconds(time))
    history = history.suffix(12) + ["\(time) \(event) -> \(actions)".prefix(160).description]
    for action in actions {
      switch action {
      case .ask(let id, let query):
        if !underWay.insert(id).inserted || query.text.isEmpty { fail("asked twice, or nothing") }
        if underWay.count > 2 * configuration.maxQueriesUnderWay + 3 { fail("\(underWay.count) queries under way") }
      case .cancel(let id): if underWay.remove(id) == nil { fail("cancelled what was not asked") }
      case .inject(let id, let text): if !standing.insert(id).inserted || text.isEmpty { fail("injected twice, or nothing") }
      case .withdraw(let id): if standing.remove(id) == nil { fail("withdrew what is not there") }
      case .hold: isAsking = false
      case .release: requestDeadline = nil
      case .settle(let outcome):
        settled += 1
        requestDeadline = nil
        if outcome.item == held?.item { held = nil }
        if (outcome.status == .hit || outcome.status == .stale) == outcome.passages.isEmpty {
          fail("\(outcome.status) of \(outcome.passages.count)")
        }
      case .queried: break
      }
    }
  }

  private mutating func fail(_ what: String) { problem = problem ?? "\(time): \(what), after \(history.joined(separator: "; "))" }
}

extension PrefetcherWalkTests {
  fileprivate static func word(_ number: Int) -> Substring { words[number % words.count] }
}
