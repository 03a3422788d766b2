import NIOCore
import RAGPrefetch
import Testing
import VoiceCore
import VoiceTesting

/// Random conversations, the same for the same seed: what must hold whatever happens.
struct PrefetchWalkTests {
  private static let words = "what is the refund policy for opened items no wait where can I rent mountain bikes near lake yes thanks"
    .split(separator: " ")

  @Test(arguments: 0..<200) func `every committed turn is settled once, in time, with nothing left behind`(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let configuration = PrefetchConfiguration()
    var turn = PrefetchConversation(configuration)
    var underWay: Set<Int> = []
    var injected: [Passage] = []
    var held: (item: String, since: Int64, deadline: Int64)?
    var stoppedAt: Int64?
    var item = 0
    var asked = 0

    func check(_ actions: [PrefetchStateMachine.Action], at time: Int64) {
      for action in actions {
        switch action {
        case .ask(let id, let text):
          #expect(underWay.insert(id).inserted && !text.isEmpty)
          asked += 1
          #expect(asked <= configuration.maxQueries)
          #expect(underWay.count <= 3)
        case .cancel(let id): #expect(underWay.remove(id) != nil)
        case .provide(let passages): injected = passages
        case .hold, .release: Issue.record("no request was made")
        case .settle(let outcome):
          #expect(outcome.item == held?.item)
          #expect(time <= held?.deadline ?? -1)
          #expect(outcome.waited == .milliseconds(time - (held?.since ?? 0)))
          #expect((outcome.status == .hit || outcome.status == .stale) == !outcome.passages.isEmpty)
          #expect(injected == outcome.passages)
          (held, asked) = (nil, 0)
        }
      }
    }

    for _ in 0..<400 {
      // The clock runs to the next deadline at most, as a timer does.
      let step = Int64(random.below(120))
      let end = turn.time + step
      while let deadline = turn.machine.nextDeadline, Int64(deadline.uptimeNanoseconds / 1_000_000) <= end {
        check(turn.wait(max(0, Int64(deadline.uptimeNanoseconds / 1_000_000) - turn.time)), at: turn.time)
      }
      check(turn.wait(end - turn.time), at: turn.time)
      #expect(held == nil || turn.time <= held?.deadline ?? 0)
      switch random.below(9) {
      case 0:
        item += 1
        (held, stoppedAt, asked) = (nil, nil, 0)
        check(turn.speechStarted("item_\(item)"), at: turn.time)
      case 1 where item > 0 && held == nil:
        if stoppedAt == nil { stoppedAt = turn.time }
        check(turn.speechStopped("item_\(item)"), at: turn.time)
      case 2 where item > 0 && held == nil && stoppedAt != nil:
        held = ("item_\(item)", turn.time, max(turn.time, (stoppedAt ?? 0) + 200))
        check(turn.committed("item_\(item)"), at: turn.time)
        #expect(turn.machine.isHolding == (held != nil))
        stoppedAt = nil
      case 3, 4, 5:
        let word = Self.words[random.below(Self.words.count)]
        let name = held?.item ?? "item_\(max(1, item))"
        check(turn.machine.heard(HeardWords(" \(word)", item: name, source: .upstream, kind: .delta), at: turn.now), at: turn.time)
      case 6, 7:
        guard let id = underWay.randomElement(using: &random) else { continue }
        underWay.remove(id)
        let passages =
          random.below(4) == 0 ? [] : [Passage(text: "Passage \(random.below(5)) on \(Self.words[random.below(Self.words.count)])")]
        check(turn.answer(id, passages), at: turn.time)
      default:
        guard let id = underWay.randomElement(using: &random) else { continue }
        underWay.remove(id)
        check(turn.machine.retrieved(id, .failure(RetrievalError(.timeout, "late")), at: turn.now), at: turn.time)
      }
    }
  }
}
