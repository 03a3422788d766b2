import NIOCore
import RAGPrefetch
import Testing
import VoiceCore

/// Spoken questions on a clock of 250 ms a word, with retrievers of every speed: what context adds to the wait.
struct PrefetchReplayTests {
  private struct Result {
    var waited: Duration
    var status: ContextOutcome.Status
    var queries: Int
  }

  /// One turn. The retriever answers each query after `retrieval` ms, unless it was cancelled.
  private func replay(_ question: String, retrieval: Int64, in turn: inout PrefetchConversation, item: String) -> Result? {
    var due: [(id: Int, at: Int64)] = []
    var queries = 0
    var outcome: ContextOutcome?
    func take(_ actions: [PrefetchStateMachine.Action], at time: Int64) {
      for action in actions {
        switch action {
        case .ask(let id, _):
          queries += 1
          due.append((id, time + retrieval))
        case .cancel(let id): due.removeAll { $0.id == id }
        case .settle(let settled): outcome = settled
        case .provide, .hold, .release: break
        }
      }
    }
    func pass(_ milliseconds: Int64, _ turn: inout PrefetchConversation) {
      for _ in 0..<milliseconds {
        take(turn.wait(1), at: turn.time)
        while let next = due.first(where: { $0.at <= turn.time }) {
          due.removeAll { $0.id == next.id }
          take(turn.answer(next.id, [Passage(text: "On \(question)", title: nil, source: nil, score: 1)]), at: turn.time)
        }
      }
    }
    take(turn.speechStarted(item), at: turn.time)
    for word in question.split(separator: " ") {
      pass(250, &turn)
      take(turn.machine.heard(HeardWords(" \(word)", item: item, source: .upstream, kind: .delta), at: turn.now), at: turn.time)
    }
    take(turn.speechStopped(item), at: turn.time)
    take(turn.committed(item), at: turn.time)
    pass(250, &turn)
    return outcome.map { Result(waited: $0.waited, status: $0.status, queries: queries) }
  }

  @Test(arguments: [50, 150, 367, 447, 900] as [Int64])
  func `a question of twelve words waits for nothing while a retrieval takes up to 900 ms`(retrieval: Int64) throws {
    var turn = PrefetchConversation()
    var hits = 0
    for (number, question) in SpokenQuestions.twelveWords.enumerated() {
      let result = try #require(replay(question, retrieval: retrieval, in: &turn, item: "i\(number)"))
      #expect(result.waited == .zero, "\(result.status): \(question)")
      #expect(result.queries <= 5, "\(question)")
      if result.status == .hit { hits += 1 }
    }
    #expect(hits * 10 >= SpokenQuestions.twelveWords.count * 9)
  }

  @Test(arguments: [50, 150, 367, 447, 900, 3_000] as [Int64])
  func `nothing waits longer than the deadline, short questions and changed minds included`(retrieval: Int64) throws {
    var turn = PrefetchConversation()
    for (number, question) in (SpokenQuestions.fourWords + SpokenQuestions.changedMinds + SpokenQuestions.twelveWords).enumerated() {
      let result = try #require(replay(question, retrieval: retrieval, in: &turn, item: "i\(number)"))
      #expect(result.waited <= .milliseconds(min(200, retrieval)), "\(result.status): \(question)")
    }
  }
}
