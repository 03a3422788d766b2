import Foundation
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Testing
import VoiceCore
import VoiceTesting

@testable import RAGPrefetch

struct RetrieverTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  private let question = RetrievalQuery(text: "refund policy", timeout: .seconds(5))

  private final class Clock: Sendable {
    private let box = NIOLockedValueBox(NIODeadline.uptimeNanoseconds(0))
    var now: NIODeadline { box.withLockedValue { $0 } }
    func advance(_ amount: TimeAmount) { box.withLockedValue { $0 = $0 + amount } }
  }

  // MARK: HTTP

  @Test func `an endpoint gets the question and its passages are taken`() async throws {
    let client = ScriptedHTTPClient { _ in
      (200, #"{"passages":[{"text":"a","title":"T","source":"s","score":0.5,"extra":1},{"text":"b"},{"text":"c"},{"text":"d"}],"took":3}"#)
    }
    let retriever = try HTTPRetriever(url: "http://h:9/search?k=1", token: Secret("tok"), client: client)
    let passages = try await retriever.passages(for: question)
    #expect(passages == [Passage(text: "a", title: "T", source: "s", score: 0.5), Passage(text: "b"), Passage(text: "c")])
    let exchange = client.exchanges.first
    #expect(exchange?.request.path == "/search?k=1" && exchange?.request.headerFields[.authorization] == "Bearer tok")
    #expect(
      try JSONSerialization.jsonObject(with: Data((exchange?.body ?? "").utf8)) as? NSDictionary == ["query": "refund policy", "limit": 3])
  }

  @Test func `an endpoint is told who asks, as far as it is known`() async throws {
    let client = ScriptedHTTPClient { _ in (200, #"{"passages":[{"text":"a","section":"Returns"}]}"#) }
    var query = question
    query.language = "fr"
    query.previous = "and before?"
    query.asker = RetrievalAsker(user: "user_1", plan: "elite", tenant: "acme", session: "sess_1")
    #expect(try await HTTPRetriever(url: "http://h", client: client).passages(for: query) == [Passage(text: "a", section: "Returns")])
    let body = try JSONSerialization.jsonObject(with: Data((client.exchanges.first?.body ?? "").utf8)) as? NSDictionary
    #expect(
      body == [
        "query": "refund policy", "limit": 3, "user_id": "user_1", "plan": "elite", "tenant": "acme", "session_id": "sess_1",
        "language": "fr", "previous": "and before?",
      ])
  }

  @Test(arguments: ["[]", "{}", "", #"{"passages":[{"title":"no text"}]}"#]) func `an endpoint that answers garbage fails`(_ body: String)
    async throws
  {
    let client = ScriptedHTTPClient { _ in (200, body) }
    let retriever = try HTTPRetriever(url: "http://h", client: client)
    await #expect(throws: RetrievalError.self) { try await retriever.passages(for: question) }
  }

  @Test func `a refusal shows neither the key nor the question, though they stand where its text is cut`() async throws {
    let key = "key-" + String(repeating: "k", count: 40)
    let padding = String(repeating: "x", count: 290)
    for quoted in ["\(padding) \(key)", "\(padding) refund  policy", "no:\nrefund  policy"] {
      let body = String(decoding: try JSONEncoder().encode(["error": quoted]), as: UTF8.self)
      let client = ScriptedHTTPClient { _ in (400, body) }
      var query = question
      query.text = "refund  policy"
      let retriever = try HTTPRetriever(url: "http://h", token: Secret(key), client: client)
      let error = await #expect(throws: RetrievalError.self) { try await retriever.passages(for: query) }
      let message = try #require(error?.message)
      #expect(!message.contains("key-") && !message.contains("refu") && message.contains("HTTP 400"))
    }
  }

  // MARK: The guard

  @Test func `after three failures nothing is asked for a while, then one question tries, and success closes the breaker`() async throws {
    let clock = Clock()
    let base = ScriptedRetriever { _, number in
      if number <= 4 { throw RetrievalError(.unreachable, "down") }
      return refunds
    }
    let guarded = GuardedRetriever(base, name: "test", now: { clock.now }, logger: logger)
    func code() async -> String {
      do {
        _ = try await guarded.passages(for: question)
        return "answered"
      } catch { return (error as? RetrievalError)?.code.description ?? "?" }
    }
    for _ in 1...3 { #expect(await code() == "unreachable") }
    #expect(guarded.isDegraded)
    #expect(await code() == "circuit_open")
    clock.advance(.seconds(2))
    #expect(await code() == "unreachable")
    clock.advance(.seconds(2))
    #expect(await code() == "circuit_open")
    clock.advance(.seconds(2))
    #expect(await code() == "answered")
    #expect(!guarded.isDegraded)
    #expect(base.queries.count == 5)
  }

  @Test func `a retriever that hangs fails at its deadline`() async throws {
    let base = ScriptedRetriever { _, _ in try await hang() }
    let guarded = GuardedRetriever(base, name: "test", now: { .uptimeNanoseconds(0) }, logger: logger)
    let error = await #expect(throws: RetrievalError.self) {
      try await guarded.passages(for: RetrievalQuery(text: "x", timeout: .milliseconds(1)))
    }
    #expect(error?.code == .timeout)
  }

  @Test func `a question that was cancelled is no failure`() {
    var breaker = CircuitBreakerStateMachine(failuresAllowed: 2, firstPause: .seconds(1), longestPause: .seconds(3))
    let start = NIODeadline.uptimeNanoseconds(0)
    #expect(breaker.failed(at: start) == nil)
    breaker.cancelled(at: start)
    #expect(breaker.failed(at: start) == .opened(for: .seconds(1)))
    #expect(breaker.admits(at: start) == false)
    #expect(breaker.admits(at: start + .seconds(1)) == true)
    #expect(breaker.admits(at: start + .seconds(1)) == false)
    breaker.cancelled(at: start + .seconds(1))
    #expect(breaker.admits(at: start + .seconds(1)) == true)
    #expect(breaker.failed(at: start + .seconds(1)) == .opened(for: .seconds(2)))
    #expect(breaker.admits(at: start + .seconds(3)) == true)
    #expect(breaker.failed(at: start + .seconds(3)) == .opened(for: .seconds(3)))
    #expect(breaker.admits(at: start + .seconds(6)) == true)
    #expect(breaker.succeeded() == .closed)
    #expect(breaker.isClosed)
    #expect(breaker.succeeded() == nil)
  }

  // MARK: The cache

  @Test func `the same words are asked once, until the answer is old`() async throws {
    let clock = Clock()
    let base = ScriptedRetriever { _, _ in refunds }
    let cached = CachedRetriever(base, now: { clock.now })
    _ = try await cached.passages(for: RetrievalQuery(text: "What is the REFUND policy?"))
    #expect(try await cached.passages(for: RetrievalQuery(text: " what is the refund policy")) == refunds)
    #expect(base.queries.count == 1)
    _ = try await cached.passages(for: RetrievalQuery(text: "what is the refund policy", limit: 5))
    #expect(base.queries.count == 2)
    clock.advance(.seconds(60))
    _ = try await cached.passages(for: RetrievalQuery(text: "what is the refund policy"))
    #expect(base.queries.count == 3)
  }

  @Test func `an answer is another asker's only where the retriever is told of no asker`() async throws {
    func asked(_ sharing: CachedRetriever.Sharing) async throws -> Int {
      let base = ScriptedRetriever { _, _ in refunds }
      let cached = CachedRetriever(base, configuration: .init(sharing: sharing), now: { .uptimeNanoseconds(0) })
      for asker in [
        RetrievalAsker(user: "1", tenant: "a", session: "x"), RetrievalAsker(user: "1", tenant: "a", session: "y"),
        RetrievalAsker(user: "2", tenant: "a", session: "z"), RetrievalAsker(user: "2", tenant: "b", session: "z"),
      ] { _ = try await cached.passages(for: RetrievalQuery(text: "refunds", asker: asker)) }
      return base.queries.count
    }
    #expect(try await asked(.asker) == 3)
    #expect(try await asked(.tenant) == 2)
  }

  @Test func `a caller who may search nothing opens no breaker`() async throws {
    let base = ScriptedRetriever { _, number in
      if number < 9 { throw RetrievalError(.notAllowed, "no tenant") }
      return refunds
    }
    let guarded = GuardedRetriever(base, name: "test", now: { .uptimeNanoseconds(0) }, logger: logger)
    for _ in 1..<9 { _ = try? await guarded.passages(for: question) }
    #expect(try await guarded.passages(for: question) == refunds)
  }

  @Test func `what was not used for longest makes room`() {
    var cache = ExpiringLRU<Int, String>(capacity: 3, lifetime: .seconds(10))
    let now = NIODeadline.uptimeNanoseconds(0)
    for key in 1...3 { cache.insert("\(key)", for: key, at: now) }
    #expect(cache.value(for: 1, at: now) == "1")
    cache.insert("4", for: 4, at: now)
    #expect(cache.value(for: 2, at: now) == nil)
    #expect(cache.value(for: 1, at: now) == "1")
    #expect(cache.count == 3)
    #expect(cache.value(for: 1, at: now + .seconds(10)) == nil)
    #expect(cache.count == 2)
  }

  @Test(arguments: [("C++", "C#"), ("version 1.5", "version 1 5"), ("péché", "pêche"), ("$100", "100 %")])
  func `questions that differ in a sign or an accent have answers of their own`(_ one: String, _ other: String) async throws {
    let base = ScriptedRetriever { query, _ in [Passage(text: query.text)] }
    let cached = CachedRetriever(base, now: { .uptimeNanoseconds(0) })
    _ = try await cached.passages(for: RetrievalQuery(text: one))
    #expect(try await cached.passages(for: RetrievalQuery(text: other)).map(\.text) == [other])
  }

  // MARK: Merging

  @Test func `what two retrievers found is one list by score, and the same text counts once`() async throws {
    let one = ScriptedRetriever { _, _ in [Passage(text: "a", score: 0.9), Passage(text: "b", score: 0.3)] }
    let other = ScriptedRetriever { _, _ in [Passage(text: "c", score: 0.5), Passage(text: "b", title: "B", score: 0.4)] }
    let passages = try await MergedRetriever([one, other]).passages(for: question)
    #expect(passages.map(\.text) == ["a", "c", "b"])
    #expect(passages.last?.score == 0.4)
  }

  @Test func `a retriever that fails or hangs does not keep the others' passages back`() async throws {
    let good = ScriptedRetriever { _, _ in refunds }
    let bad = ScriptedRetriever { _, _ in throw RetrievalError(.unreachable, "down") }
    let slow = ScriptedRetriever { _, _ in try await hang() }
    var query = question
    query.timeout = .milliseconds(1)
    let early = NIOLockedValueBox<[[Passage]]>([])
    let found = try await MergedRetriever([bad, slow, good]).passages(for: query) { found in early.withLockedValue { $0.append(found) } }
    #expect(found == refunds)
    #expect(early.withLockedValue { $0 } == [refunds])
    let error = await #expect(throws: RetrievalError.self) { try await MergedRetriever([bad, bad]).passages(for: question) }
    #expect(error?.code == .unreachable)
  }

  /// Tells the first passage early, and answers both once `gate` is finished.
  private struct EarlyRetriever: ContextRetriever {
    let gate: AsyncStream<Void>
    private static let two = [Passage(text: "a", score: 0.9), Passage(text: "b", score: 0.8)]

    func passages(for query: RetrievalQuery) async throws -> [Passage] { try await passages(for: query) { _ in } }

    func passages(for query: RetrievalQuery, early: @escaping @Sendable ([Passage]) -> Void) async throws -> [Passage] {
      early([Self.two[0], Passage(text: "c", score: 0.1)])
      for await _ in gate {}
      return Self.two
    }
  }

  @Test(.timeLimit(.minutes(1))) func `what a source tells early goes through all that stands before it`() async throws {
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let (othersGate, openOther) = AsyncStream.makeStream(of: Void.self)
    let other = ScriptedRetriever { _, _ in
      for await _ in othersGate {}
      return []
    }
    let base = GuardedRetriever(EarlyRetriever(gate: gate), name: "test", now: { .uptimeNanoseconds(0) }, logger: logger)
    let cached = CachedRetriever(RelevantRetriever(base, minScore: 0.2), now: { .uptimeNanoseconds(0) })
    let early = NIOLockedValueBox<[[String]]>([])
    let found = try await MergedRetriever([cached, other]).passages(for: question) { passages in
      early.withLockedValue { $0.append(passages.map(\.text)) }
      open.finish()
      openOther.finish()
    }
    #expect(found.map(\.text) == ["a", "b"])
    #expect(early.withLockedValue { $0.first } == ["a"])
  }

  @Test func `an answer without passages is not told early`() async throws {
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let empty = ScriptedRetriever { _, _ in
      open.finish()
      return []
    }
    let slow = ScriptedRetriever { _, _ in
      for await _ in gate {}
      return refunds
    }
    let early = NIOLockedValueBox<[[Passage]]>([])
    let found = try await MergedRetriever([empty, slow]).passages(for: question) { found in early.withLockedValue { $0.append(found) } }
    #expect(found == refunds)
    // The two answers may be seen in either order.
    #expect(early.withLockedValue { $0.allSatisfy { $0 == refunds } })
  }

  // MARK: Relevance

  @Test func `passages of a low score go, a source fills no answer alone, and a text is said once`() {
    func passage(_ text: String, _ source: String, _ score: Double) -> Passage { Passage(text: text, source: source, score: score) }
    let found = [
      passage("a", "1", 0.9), passage("b", "1", 0.8), passage("c", "1", 0.7), passage("a", "2", 0.6), passage("d", "3", 0.5),
      passage("e", "4", 0.1),
    ]
    #expect(RelevantRetriever.relevant(found, minScore: 0.2, limit: 5).map(\.text) == ["a", "b", "d"])
    #expect(RelevantRetriever.relevant(found, minScore: 0.2, limit: 2).map(\.text) == ["a", "b"])
  }

  @Test func `a retriever without scores is taken at its word`() {
    let found = RelevantRetriever.relevant([Passage(text: "a"), Passage(text: "b")], minScore: 0.2, limit: 3)
    #expect(found.map(\.text) == ["a", "b"] && found.allSatisfy { $0.score == 0.2 })
  }

  // MARK: The worker

  @Test func `the worker answers what was asked, and not what was cancelled`() async throws {
    let retriever = ScriptedRetriever { query, _ in
      if query.text == "hang" { try await hang() }
      if query.text == "fail" { throw RetrievalError(.unreachable, "down") }
      return refunds
    }
    let worker = RetrievalWorker()
    let (reports, continuation) = AsyncStream.makeStream(of: (Int, Result<[Passage], RetrievalError>).self)
    async let running: Void = worker.run(retriever) { continuation.yield(($0, $1)) }
    worker.ask(1, RetrievalQuery(text: "hang"))
    worker.cancel(1)
    worker.ask(2, RetrievalQuery(text: "fail"))
    var all = reports.makeAsyncIterator()
    let failed = await all.next()
    #expect(failed?.0 == 2 && failed?.1 == .failure(RetrievalError(.unreachable, "down")))
    worker.ask(3, RetrievalQuery(text: "x"))
    let answered = await all.next()
    #expect(answered?.0 == 3 && answered?.1 == .success(refunds))
    worker.ask(4, RetrievalQuery(text: "hang", timeout: .milliseconds(1)))
    let late = await all.next()
    #expect(late?.0 == 4 && late?.1 == .failure(RetrievalError(.timeout, "no answer within 0.001 seconds")))
    worker.ask(5, RetrievalQuery(text: "hang"))
    worker.stop()
    await running
  }
}
