import NIOCore
import RAGPrefetch
import Testing
import VoiceCore

struct PrefetchStateMachineTests {
  @Test func `the first query goes out with the fifth word`() {
    var turn = PrefetchConversation()
    #expect(turn.speechStarted() == [])
    #expect(turn.say("what is the refund") == [])
    #expect(turn.say("policy") == [.ask(id: 1, text: "what is the refund policy")])
  }

  @Test func `an answer that comes while the user speaks is injected at once, and the commit settles without waiting`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    #expect(turn.answer(1, refunds) == [.provide(refunds)])
    #expect(turn.say("then please") == [])
    _ = turn.wait(200)
    #expect(turn.speechStopped() == [])
    #expect(
      turn.committed() == [
        .provide(refunds),
        .settle(
          ContextOutcome(
            status: .hit, item: "item_1", query: "what is the refund policy", passages: refunds, retrieval: .zero,
            askedAt: .uptimeNanoseconds(0) + .milliseconds(1_250), coverage: 1)),
      ])
    #expect(turn.machine.nextDeadline == nil)
  }

  @Test func `an answer within the deadline is waited for, and tells how long`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    _ = turn.speechStopped()
    #expect(turn.committed() == [])
    #expect(turn.wait(150) == [])
    #expect(
      turn.answer(1, refunds) == [
        .provide(refunds),
        .settle(
          ContextOutcome(
            status: .hit, item: "item_1", query: "what is the refund policy", passages: refunds, retrieval: .milliseconds(150),
            waited: .milliseconds(150), askedAt: .uptimeNanoseconds(0) + .milliseconds(1_250), coverage: 1)),
      ])
  }

  @Test func `at the deadline the turn goes on without, and the late answer serves the next turn on the same topic`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    _ = turn.speechStopped()
    _ = turn.committed()
    #expect(turn.wait(199) == [])
    let outcome = turn.wait(1).outcome
    #expect(outcome?.status == .late && outcome?.passages == [] && outcome?.waited == .milliseconds(200))
    _ = turn.wait(500)
    #expect(turn.answer(1, refunds) == [])
    _ = turn.speechStarted("item_2")
    _ = turn.say("yes", item: "item_2")
    _ = turn.speechStopped("item_2")
    let next = turn.committed("item_2").outcome
    #expect(next?.status == .stale && next?.passages == refunds && next?.waited == .zero)
  }

  @Test func `a late answer is dropped when the next turn is about something else`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    _ = turn.speechStopped()
    _ = turn.committed()
    _ = turn.wait(300)
    _ = turn.answer(1, refunds)
    _ = turn.speechStarted("item_2")
    #expect(turn.say("where can I rent a mountain bike", item: "item_2").asked.count == 3)
    _ = turn.speechStopped("item_2")
    #expect(turn.committed("item_2").outcome == nil)
    #expect(turn.wait(200).outcome?.status == .late)
  }

  @Test(arguments: ["yes", "thank you", "ok merci beaucoup", "oui", "no no thanks", "hello"])
  func `a short utterance starts nothing and is answered at once`(_ text: String) {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    #expect(turn.say(text) == [])
    #expect(turn.wait(500) == [])
    _ = turn.speechStopped()
    #expect(turn.committed() == [.provide([]), .settle(ContextOutcome(status: .off, item: "item_1"))])
  }

  @Test func `a question of four words is asked in the pause that ends it`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    #expect(turn.say("what are your prices") == [])
    #expect(turn.wait(299) == [])
    #expect(turn.wait(1) == [.ask(id: 1, text: "what are your prices")])
  }

  @Test func `what does not change the question is not asked again`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    #expect(turn.say("could you please tell me about that") == [])
    #expect(turn.wait(1_000) == [])
  }

  @Test func `a changed mind is asked again, and the new answer takes the place of the old one`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    _ = turn.answer(1, refunds)
    let again = turn.say("no wait where do I rent bikes")
    #expect(again.asked.last == "what is the refund policy no wait where do I rent bikes")
    #expect(turn.answer(3, bikes) == [.cancel(id: 2), .provide(bikes)])
    _ = turn.wait(300)
    _ = turn.speechStopped()
    let outcome = turn.committed().outcome
    #expect(outcome?.status == .hit && outcome?.passages == bikes)
  }

  @Test func `three queries are under way at most, the older cancelled but for the first that is on topic`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    let actions = turn.say("what is the refund policy for opened items bought online with a gift card from your Nantes shop")
    #expect(actions.asked.count == 4)
    #expect(actions.cancelled == [1])
    _ = turn.say("I mean bikes trains ferries and buses")
    #expect(turn.wait(5_000).asked.count == 1)
    #expect(turn.machine.nextDeadline == nil)
  }

  @Test func `what covers a part is not kept waiting for a query that cannot be back in time`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    _ = turn.wait(1_100)
    _ = turn.answer(1, refunds)
    _ = turn.say("no bikes trains boats ferries")
    _ = turn.speechStopped()
    let outcome = turn.committed().outcome
    #expect(outcome?.status == .stale && outcome?.waited == .zero)
  }

  @Test func `a newer answer ends the older queries`() {
    var turn = PrefetchConversation(PrefetchConfiguration(injectsEarly: false))
    _ = turn.speechStarted()
    #expect(turn.say("what is the refund policy for opened items").asked.count == 2)
    #expect(turn.answer(2, refunds) == [.cancel(id: 1)])
    #expect(turn.answer(1, bikes) == [])
  }

  @Test func `an answer that covers only a part is used when nothing better comes in time`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    #expect(turn.answer(1, refunds) == [.provide(refunds)])
    _ = turn.say("no wait I rather rent mountain bikes near the lake")
    _ = turn.speechStopped()
    #expect(turn.committed() == [])
    let outcome = turn.wait(200)
    #expect(outcome.outcome?.status == .stale && outcome.outcome?.passages == refunds)
    #expect(outcome.provided == refunds)
  }

  @Test func `nothing found is a miss at once, and nothing is injected`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    #expect(turn.answer(1, []) == [])
    _ = turn.speechStopped()
    let outcome = turn.committed().outcome
    #expect(outcome?.status == .miss && outcome?.retrieval == .zero && outcome?.passages == [])
  }

  @Test func `a retriever that fails holds nobody up`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    _ = turn.speechStopped()
    #expect(turn.committed() == [])
    let actions = turn.machine.retrieved(1, .failure(RetrievalError(.timeout, "late")), at: turn.now)
    #expect(actions.outcome?.status == .error)
  }

  @Test func `speech that goes on during the hold ends it, and both halves are asked as one`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    _ = turn.speechStopped()
    #expect(turn.committed() == [])
    #expect(turn.speechStarted("item_2") == [.cancel(id: 1)])
    #expect(turn.say("for", item: "item_2").asked == ["what is the refund policy for"])
    #expect(turn.answer(1, bikes) == [])
    #expect(turn.answer(2, refunds) == [.provide(refunds)])
    _ = turn.speechStopped("item_2")
    #expect(turn.committed("item_2").outcome?.item == "item_2")
  }

  @Test func `audio that was thrown away takes its context with it`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    _ = turn.answer(1, refunds)
    #expect(turn.speechStarted("item_2") == [.provide([])])
    #expect(turn.say("yes", item: "item_2") == [])
  }

  @Test func `words may come before the event that announces their item`() {
    var turn = PrefetchConversation()
    #expect(turn.say("what is the refund policy").asked.count == 1)
    #expect(turn.speechStarted() == [])
    #expect(turn.answer(1, refunds) == [.provide(refunds)])
  }

  @Test func `words from the client serve when upstream sends none`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    #expect(turn.machine.heard(HeardWords("what is a", source: .client, kind: .interim), at: turn.now) == [])
    #expect(
      turn.machine.heard(HeardWords("what is the refund policy", source: .client, kind: .interim), at: turn.now).asked == [
        "what is the refund policy"
      ])
    #expect(turn.machine.heard(HeardWords("What is the refund policy?", source: .client, kind: .final), at: turn.now) == [])
  }

  @Test func `a transcript after the commit is asked at once, as a whole`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.wait(1_500)
    _ = turn.speechStopped()
    #expect(turn.committed() == [])
    _ = turn.wait(50)
    let actions = turn.machine.heard(
      HeardWords("What is the refund policy?", item: "item_1", source: .upstream, kind: .completed), at: turn.now)
    #expect(actions == [.ask(id: 1, text: "What is the refund policy?")])
    _ = turn.wait(20)
    #expect(turn.answer(1, refunds).outcome?.waited == .milliseconds(70))
  }

  @Test func `words that come in a burst after the commit are heard to the end before the turn is settled`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.wait(1_000)
    _ = turn.speechStopped()
    _ = turn.committed()
    _ = turn.wait(60)
    var actions: [PrefetchStateMachine.Action] = []
    for word in "what is the refund policy for opened items".split(separator: " ") {
      actions += turn.machine.heard(HeardWords(" \(word)", item: "item_1", source: .upstream, kind: .delta), at: turn.now)
      actions += turn.wait(4)
    }
    #expect(actions.outcome == nil)
    actions += turn.wait(30)
    #expect(actions.asked.last == "what is the refund policy for opened items")
    #expect(actions.outcome == nil)
    let last = actions.compactMap { if case .ask(let id, _) = $0 { id } else { nil } }.last ?? 0
    #expect(turn.answer(last, refunds).outcome?.status == .hit)
  }

  @Test func `a short word after the commit is answered when no other follows`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.speechStopped()
    _ = turn.committed()
    #expect(turn.machine.heard(HeardWords("Yes", item: "item_1", source: .upstream, kind: .delta), at: turn.now) == [])
    #expect(turn.wait(29).outcome == nil)
    #expect(turn.wait(1).outcome?.status == .off)
  }

  @Test func `where words always come too late, only the first two turns wait for them`() {
    var turn = PrefetchConversation()
    for number in 1...3 {
      let item = "item_\(number)"
      _ = turn.speechStarted(item)
      _ = turn.speechStopped(item)
      let isWaiting = turn.committed(item).isEmpty
      #expect(isWaiting == (number < 3))
      _ = turn.wait(200)
      #expect(turn.machine.heard(HeardWords("What is it?", item: item, source: .upstream, kind: .completed), at: turn.now) == [])
    }
  }

  @Test func `a failed transcription is not waited for`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.speechStopped()
    #expect(turn.committed() == [])
    #expect(turn.machine.heard(HeardWords("", item: "item_1", source: .upstream, kind: .failed), at: turn.now).outcome?.status == .miss)
  }

  @Test func `an answer that the client asks for itself ends the hold`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    _ = turn.speechStopped()
    _ = turn.committed()
    #expect(turn.machine.answerBegan(at: turn.now) == [.cancel(id: 1)])
    #expect(turn.wait(1_000) == [])
  }

  @Test func `after upstream was replaced the context is injected anew`() {
    var turn = PrefetchConversation()
    _ = turn.speechStarted()
    _ = turn.say("what is the refund policy")
    _ = turn.answer(1, refunds)
    turn.machine.upstreamReplaced()
    _ = turn.speechStopped()
    #expect(turn.committed().provided == refunds)
  }
}
