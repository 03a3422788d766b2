import NIOCore
import RAGPrefetch
import Testing
import VoiceCore

/// The noun that says what is meant tends to come last.
struct WholeQuestionTests {
  /// Asked at its fifth word and again until the retriever, which takes `time` ms, has answered all but the last word.
  private func almostAsked(_ question: String, retrieval time: Int64) -> (turn: PrefetchConversation, last: Int) {
    var turn = PrefetchConversation()
    var due: [(id: Int, at: Int64)] = []
    var last = 0
    func take(_ actions: [PrefetchStateMachine.Action]) {
      for case .ask(let id, _) in actions {
        due.append((id, turn.time + time))
        last = id
      }
      due.removeAll { actions.cancelled.contains($0.id) }
    }
    take(turn.speechStarted())
    for word in question.split(separator: " ") {
      for _ in 0..<250 {
        take(turn.wait(1))
        while let next = due.first(where: { $0.at <= turn.time }) {
          due.removeAll { $0.id == next.id }
          take(turn.answer(next.id, [Passage(text: "For query \(next.id)")]))
        }
      }
      take(turn.machine.heard(HeardWords(" \(word)", item: "item_1", source: .upstream, kind: .delta), at: turn.now))
    }
    take(turn.speechStopped())
    return (turn, last)
  }

  @Test(
    arguments: [2, 30, 45] as [Int64],
    ["how much does it cost to extend the warranty of a watch", "quels sont les horaires de la boutique de Nantes pendant les vacances"])
  func `the query with the last word is waited for where it is due soon`(time: Int64, question: String) throws {
    var (turn, last) = almostAsked(question, retrieval: time)
    #expect(turn.committed().outcome == nil)
    #expect(turn.wait(time).outcome == nil)
    let outcome = try #require(turn.answer(last, refunds).outcome)
    #expect(outcome.status == .hit && outcome.query == question && outcome.passages == refunds && outcome.coverage == 1)
    #expect(outcome.waited == .milliseconds(time))
  }

  @Test(arguments: [60, 150, 900] as [Int64])
  func `it is not waited for where it usually takes longer than a quarter of the longest wait`(time: Int64) throws {
    var (turn, _) = almostAsked("how much does it cost to extend the warranty of a watch", retrieval: time)
    let outcome = try #require(turn.committed().outcome)
    #expect(outcome.waited == .zero && outcome.status == .hit)
    #expect(try #require(outcome.coverage) < 1)
  }

  @Test func `a retriever that is slower than usual holds the turn up for half of the longest wait at most`() throws {
    var (turn, _) = almostAsked("how much does it cost to extend the warranty of a watch", retrieval: 30)
    _ = turn.committed()
    #expect(turn.wait(99).outcome == nil)
    let outcome = try #require(turn.wait(1).outcome)
    #expect(outcome.status == .hit && outcome.waited == .milliseconds(100))
  }

  // MARK: Several sources

  /// A question that was asked whole, one of whose sources has answered.
  private func partlyAnswered() -> PrefetchConversation {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    #expect(turn.say("warranty").asked.isEmpty)
    #expect(turn.speechStopped().asked == ["warranty"])
    #expect(turn.committed().outcome == nil)
    #expect(turn.machine.retrievedEarly(1, refunds, at: turn.now).outcome == nil)
    return turn
  }

  @Test func `what one source has found is there at once, and what the slower ones add takes its place`() throws {
    var turn = partlyAnswered()
    #expect(turn.wait(149).outcome == nil)
    let actions = turn.answer(1, refunds + bikes)
    #expect(actions.provided == refunds + bikes)
    #expect(try #require(actions.outcome).status == .hit)
  }

  @Test func `slower sources have three quarters of the longest wait, and none of it where they are known to take longer`() throws {
    var turn = partlyAnswered()
    let outcome = try #require(turn.wait(150).outcome)
    #expect(outcome.status == .hit && outcome.passages == refunds && outcome.waited == .milliseconds(150))
    _ = turn.wait(5_000)
    _ = turn.speechStarted("item_2")
    _ = turn.say("bikes", item: "item_2")
    _ = turn.speechStopped("item_2")
    #expect(turn.committed("item_2").outcome == nil)
    #expect(turn.machine.retrievedEarly(2, bikes, at: turn.now).outcome?.waited == .zero)
  }

  @Test func `what one source has found stands where the others fail`() throws {
    var turn = partlyAnswered()
    let actions = turn.machine.retrieved(1, .failure(RetrievalError(.timeout, "late")), at: turn.now)
    #expect(try #require(actions.outcome).passages == refunds)
  }

  @Test func `nothing is waited for when all of the question was asked`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("does the warranty cover a broken screen")
    _ = turn.wait(300)
    for id in 1...3 { _ = turn.answer(id, refunds) }
    _ = turn.speechStopped()
    #expect(turn.committed().outcome?.coverage == 1)
  }

  @Test(arguments: ["warranty", "la garantie", "Livraison ?"])
  func `one word that says something is a question at the end of speech`(_ text: String) {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    #expect(turn.say(text) == [])
    #expect(turn.speechStopped().asked == [text])
  }
}
