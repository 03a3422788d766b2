import NIOCore
import RAGPrefetch
import Testing
import VoiceCore

/// What a session's prefetcher tells the relay to do.
struct PrefetcherTests {
  private struct Talk {
    var prefetcher: Prefetcher
    var time: Int64 = 0
    var queries: [RetrievalQuery] = []
    /// Texts that stand in the conversation, by their number.
    var standing: [Int: String] = [:]
    var outcomes: [ContextOutcome] = []
    var ended: [QueryMetrics] = []
    var isHeld = false
    var newest = 0

    init(_ configuration: PrefetchConfiguration = .init()) { prefetcher = Prefetcher(configuration) }

    mutating func tell(_ event: ContextEvent) {
      for action in prefetcher.received(event, at: .uptimeNanoseconds(0) + .milliseconds(time)) {
        switch action {
        case .ask(let id, let query):
          newest = id
          queries.append(query)
        case .cancel: break
        case .inject(let id, let text): standing[id] = text
        case .withdraw(let id): #expect(standing.removeValue(forKey: id) != nil)
        case .hold: isHeld = true
        case .release: isHeld = false
        case .settle(let outcome):
          isHeld = false
          outcomes.append(outcome)
        case .queried(let metrics): ended.append(metrics)
        }
      }
    }

    mutating func find(_ passages: Passage...) { tell(.retrieved(id: newest, .success(passages))) }
    mutating func wait(_ milliseconds: Int64) {
      let end = time + milliseconds
      while let next = prefetcher.nextDeadline, Int64(next.uptimeNanoseconds / 1_000_000) <= end {
        time = max(time, Int64((next.uptimeNanoseconds + 999_999) / 1_000_000))
        tell(.deadlinePassed)
      }
      time = end
    }
    mutating func speak(_ text: String, item: String, isHeld: Bool = true, found: [Passage] = []) {
      tell(.speechStarted(item: item))
      tell(.heard(HeardWords(text, item: item, source: .upstream, kind: .delta)))
      tell(.retrieved(id: newest, .success(found)))
      wait(50)
      tell(.speechStopped(item: item))
      tell(.committed(item: item, isHeld: isHeld))
      wait(250)
    }
    mutating func answer() {
      tell(.answerBegan)
      tell(.answerEnded)
    }
    func stands(_ text: String) -> Bool { standing.values.contains { $0.contains(text) } }
  }

  private func passage(_ name: String, sentences: Int = 1) -> Passage {
    Passage(text: String(repeating: "A sentence on \(name). ", count: sentences), title: name, source: name, score: 1)
  }

  // MARK: What stands in the conversation

  @Test func `only what was written counts as said: what did not fit comes with the turn that needs it`() {
    var talk = Talk()
    let (alpha, beta, gamma) = (passage("alpha", sentences: 100), passage("beta", sentences: 100), passage("gamma", sentences: 100))
    talk.speak("tell everything regarding alpha and beta", item: "u1", found: [alpha, beta, gamma])
    talk.answer()
    #expect(talk.outcomes[0].passages.map(\.title) == ["alpha", "beta"])
    #expect(!talk.stands("on gamma"))
    talk.speak("please explain the gamma details thoroughly", item: "u2", found: [gamma])
    #expect(talk.outcomes[1].status == .hit && talk.stands("on gamma"))
    talk.answer()
    let items = talk.standing.count
    talk.speak("please explain the alpha details thoroughly", item: "u3", found: [alpha])
    #expect(talk.standing.count == items && talk.outcomes[2].status == .hit)
  }

  @Test func `a query carries the language that the session declares and the question before`() {
    var talk = Talk()
    talk.tell(.languageDeclared("fr"))
    talk.speak("le cours de l'or", item: "u1", found: [passage("or")])
    talk.speak("combien de temps dure la livraison", item: "u2", found: [passage("livraison")])
    #expect(talk.queries.first?.language == "fr" && talk.queries.first?.previous == nil)
    #expect(talk.queries.last?.previous == "le cours de l'or")
    talk.tell(.typed(item: nil, text: "what is the refund policy"))
    talk.tell(.answerAsked)
    #expect(talk.queries.last?.language == nil)
  }

  @Test func `a hit is a turn that got something`() {
    var talk = Talk(PrefetchConfiguration(maxContextCharacters: 250))
    talk.speak("what is the refund policy for shoes", item: "u1", found: [passage("refunds")])
    #expect(talk.standing.isEmpty && talk.outcomes.map(\.status) == [.miss] && talk.outcomes[0].passages == [])
  }

  @Test func `a context item that upstream refused is put there again when it is needed`() {
    var talk = Talk()
    talk.speak("what is the refund policy for shoes", item: "u1", found: [passage("refunds")])
    talk.answer()
    talk.tell(.contextLost(id: 1))
    talk.standing = [:]
    talk.speak("what is the refund policy for shoes", item: "u2", found: [passage("refunds")])
    #expect(talk.stands("on refunds"))
  }

  // MARK: A client that asks for its answers itself

  @Test func `where no answers are asked for, no context piles up`() {
    var talk = Talk()
    for turn in 0..<30 {
      talk.speak("please tell topic\(turn) alpha\(turn) beta\(turn)", item: "u\(turn)", isHeld: false, found: [passage("p\(turn)")])
      #expect(talk.standing.count <= 1)
    }
    #expect(talk.outcomes.count == 30 && talk.queries.count >= 30)
  }

  @Test func `an answer that is asked for long after the turn has its context`() {
    var talk = Talk()
    for turn in 0..<3 {
      talk.speak("please tell topic\(turn) alpha\(turn) beta\(turn)", item: "u\(turn)", isHeld: false, found: [passage("p\(turn)")])
    }
    talk.wait(5_000)
    talk.tell(.answerAsked)
    #expect(!talk.isHeld && talk.stands("on p2"))
    #expect(talk.standing.count == 1)
  }

  @Test func `a push-to-talk request waits for the commit and its context, and no longer than the deadline`() {
    var talk = Talk()
    talk.tell(.heard(HeardWords("what is the refund policy for shoes", source: .client, kind: .interim)))
    talk.tell(.commitRequested)
    talk.tell(.answerAsked)
    #expect(talk.isHeld)
    talk.tell(.committed(item: "u1", isHeld: false))
    talk.wait(199)
    #expect(talk.isHeld)
    talk.wait(1)
    #expect(!talk.isHeld && talk.outcomes.map(\.status) == [.late])
  }

  @Test func `a request behind a commit that came to nothing goes out at once, and the next turn has its whole time`() {
    var talk = Talk()
    talk.tell(.commitRequested)
    talk.tell(.answerAsked)
    talk.tell(.commitRefused)
    #expect(!talk.isHeld && talk.outcomes.isEmpty)
    talk.wait(10_000)
    talk.tell(.heard(HeardWords("what is the refund policy for shoes", source: .client, kind: .interim)))
    talk.tell(.commitRequested)
    talk.tell(.committed(item: "u1", isHeld: false))
    talk.tell(.answerAsked)
    talk.wait(150)
    #expect(talk.isHeld)
    talk.find(passage("refunds"))
    #expect(!talk.isHeld && talk.stands("on refunds"))
  }

  @Test func `a cancelled hold is not settled, and leaves no context`() {
    var talk = Talk()
    talk.tell(.speechStarted(item: "u1"))
    talk.tell(.heard(HeardWords("what is the refund policy", item: "u1", source: .upstream, kind: .delta)))
    talk.find(passage("refunds"))
    talk.tell(.heard(HeardWords(" no wait where are bikes boats trains and ferries", item: "u1", source: .upstream, kind: .delta)))
    talk.tell(.speechStopped(item: "u1"))
    talk.tell(.committed(item: "u1", isHeld: true))
    talk.tell(.answerCancelled)
    talk.wait(1_000)
    #expect(talk.outcomes.isEmpty && talk.standing.isEmpty)
    #expect(talk.ended.count == talk.queries.count)
  }

  // MARK: Questions that are typed

  @Test func `a typed question is looked up before its answer is asked for`() {
    var talk = Talk()
    talk.tell(.typed(item: "t1", text: "what is the refund policy for opened items"))
    #expect(talk.queries.isEmpty)
    talk.tell(.answerAsked)
    #expect(talk.isHeld && talk.queries.map(\.text) == ["what is the refund policy for opened items"])
    talk.wait(30)
    talk.find(passage("refunds"))
    #expect(!talk.isHeld && talk.stands("on refunds"))
    #expect(talk.outcomes.map(\.item) == ["t1"] && talk.outcomes[0].status == .hit && talk.outcomes[0].waited == .milliseconds(30))
  }

  @Test func `a typed question waits no longer than the deadline`() {
    var talk = Talk()
    talk.tell(.typed(item: nil, text: "what is the refund policy for opened items"))
    talk.tell(.answerAsked)
    talk.wait(199)
    #expect(talk.isHeld)
    talk.wait(1)
    #expect(!talk.isHeld && talk.outcomes.map(\.status) == [.late])
  }

  @Test func `a request without a new question waits for nothing`() {
    var talk = Talk()
    talk.tell(.answerAsked)
    talk.tell(.typed(item: "t1", text: "thank you"))
    talk.tell(.answerAsked)
    #expect(!talk.isHeld && talk.queries.isEmpty && talk.outcomes.map(\.status) == [.off])
    talk.answer()
    talk.tell(.answerAsked)
    #expect(!talk.isHeld && talk.outcomes.count == 1)
  }

  @Test func `a history that a client restores is not looked up, its last question is`() {
    var talk = Talk()
    for turn in 0..<20 {
      talk.tell(.typed(item: nil, text: "an old question number \(turn)"))
      talk.tell(.answerWritten)
    }
    talk.tell(.typed(item: nil, text: "what is the refund policy for opened items"))
    talk.tell(.answerAsked)
    #expect(talk.queries.map(\.text) == ["what is the refund policy for opened items"])
  }

  @Test func `a typed follow-up goes on from what was spoken`() {
    var talk = Talk()
    talk.speak("how much does the extended warranty cost", item: "u1", found: [passage("warranty")])
    talk.answer()
    talk.tell(.typed(item: nil, text: "And for phones?"))
    talk.tell(.answerAsked)
    #expect(talk.queries.last?.text == "how much does the extended warranty cost And for phones?")
  }

  @Test func `speech ends the wait of a typed question`() {
    var talk = Talk()
    talk.tell(.typed(item: nil, text: "what is the refund policy for opened items"))
    talk.tell(.answerAsked)
    talk.tell(.speechStarted(item: "u1"))
    #expect(!talk.isHeld)
    talk.wait(1_000)
    #expect(talk.outcomes.isEmpty)
  }

  // MARK: Figures

  @Test func `each query is told once, with its time and its end`() {
    var talk = Talk()
    talk.tell(.speechStarted(item: "u1"))
    talk.tell(.heard(HeardWords("what is the refund policy", item: "u1", source: .upstream, kind: .delta)))
    talk.time = 40
    talk.tell(.retrieved(id: 1, .failure(RetrievalError(.timeout, "late"))))
    talk.tell(.heard(HeardWords(" for opened items", item: "u1", source: .upstream, kind: .delta)))
    talk.time = 50
    talk.tell(.retrieved(id: 2, .success([passage("refunds")])))
    talk.tell(.retrieved(id: 2, .success([passage("refunds")])))
    #expect(talk.ended.map(\.end) == [.failed(.timeout), .found(passages: 1)])
    #expect(talk.ended.map(\.took) == [.milliseconds(40), .milliseconds(10)])
  }

  @Test func `a late turn tells how long its query has taken so far, and when it was asked`() {
    var talk = Talk()
    talk.tell(.speechStarted(item: "u1"))
    talk.tell(.heard(HeardWords("what is the refund policy", item: "u1", source: .upstream, kind: .delta)))
    talk.wait(100)
    talk.tell(.speechStopped(item: "u1"))
    talk.tell(.committed(item: "u1", isHeld: true))
    talk.wait(300)
    #expect(talk.outcomes[0].metrics.retrieval == .milliseconds(300) && talk.outcomes[0].metrics.askedAt == .uptimeNanoseconds(0))
    #expect(talk.outcomes[0].metrics.coverage == 1)
  }

  // MARK: Bounds

  @Test func `of words without end the last are kept`() {
    var talk = Talk()
    talk.tell(.speechStarted(item: "u1"))
    for part in 0..<12 {
      talk.tell(.heard(HeardWords(String(repeating: "word ", count: 100_000), source: .client, kind: .final)))
      talk.tell(
        .heard(HeardWords(String(repeating: "delta ", count: 20_000), item: "u1", contentIndex: part, source: .upstream, kind: .delta)))
    }
    talk.tell(.heard(HeardWords(" the very last refund policy", source: .client, kind: .final)))
    talk.tell(.speechStopped(item: "u1"))
    #expect(talk.queries.allSatisfy { $0.text.count <= 4_000 })
    #expect(talk.queries.count >= 1)
  }
}
