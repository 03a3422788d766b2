import NIOCore
import RAGPrefetch
import Testing
import VoiceCore

/// Words and passages that come when their turn is over.
struct LateWordsTests {
  private func said(_ text: String, _ kind: HeardWords.Kind) -> HeardWords { HeardWords(text, source: .client, kind: kind) }

  private func settled(_ text: String) -> PrefetchConversation {
    var turn = PrefetchConversation()
    _ = turn.speechStarted("u1")
    _ = turn.machine.heard(said(text, .interim), at: turn.now)
    _ = turn.speechStopped("u1")
    _ = turn.committed("u1")
    _ = turn.wait(300)
    return turn
  }

  @Test(arguments: [
    "what is the refund policy for shoes", "What is the refund policy for shoes?", "what is the refund policy for red shoes", "thank you",
  ])
  func `final words of a settled turn are not the next question`(_ late: String) {
    var turn = settled("what is the refund policy for shoes")
    #expect(turn.machine.heard(said(late, .final), at: turn.now) == [])
    _ = turn.wait(500)
    _ = turn.speechStarted("u2")
    #expect(
      turn.machine.heard(said("opening hours of the museum on sunday", .interim), at: turn.now).asked == [
        "opening hours of the museum on sunday"
      ])
  }

  @Test func `final words that cross the next speech are not its words either`() {
    var turn = settled("what is the refund policy for shoes")
    _ = turn.speechStarted("u2")
    #expect(turn.machine.heard(said("What is the refund policy for shoes?", .final), at: turn.now) == [])
    _ = turn.machine.heard(said("opening hours", .interim), at: turn.now)
    #expect(turn.machine.heard(said("what is the refund policy for shoes", .final), at: turn.now) == [])
    #expect(
      turn.machine.heard(said("opening hours of the museum on sunday", .interim), at: turn.now).asked == [
        "opening hours of the museum on sunday"
      ])
  }

  @Test func `a question that is asked again is asked again`() {
    var turn = settled("what is the refund policy for shoes")
    _ = turn.answer(1, [])
    _ = turn.wait(5_000)
    _ = turn.speechStarted("u2")
    #expect(turn.machine.heard(said("what is the refund policy for shoes", .interim), at: turn.now).asked.count == 1)
  }

  @Test func `words before the speech is announced are its words, unless they are old`() {
    var turn = PrefetchConversation()
    #expect(turn.machine.heard(said("what is the refund policy", .interim), at: turn.now).asked.count == 1)
    _ = turn.wait(200)
    #expect(turn.speechStarted("u1") == [])
    var other = PrefetchConversation()
    _ = other.machine.heard(said("what is the refund policy", .interim), at: other.now)
    _ = other.wait(3_100)
    #expect(other.speechStarted("u1") == [.cancel(id: 1)])
  }

  // MARK: Passages

  /// A turn that was settled as late; its query comes back then.
  private func late(_ text: String) -> PrefetchConversation {
    var turn = PrefetchConversation()
    _ = turn.speechStarted("u1")
    _ = turn.say(text, item: "u1")
    _ = turn.wait(300)
    _ = turn.speechStopped("u1")
    #expect((turn.committed("u1") + turn.wait(200)).outcome?.status == .late)
    return turn
  }

  @Test(arguments: [
    "what is the refund policy for opened headphones", "how long is the policy for opened parcels valid", "and for phones",
  ])
  func `a late passage answers no other question, however much it has in common`(_ next: String) {
    var turn = late("what is the refund policy for opened items")
    for id in 1...3 { _ = turn.answer(id, refunds) }
    _ = turn.speechStarted("u2")
    _ = turn.say(next, item: "u2")
    _ = turn.speechStopped("u2")
    let outcome = (turn.committed("u2") + turn.wait(200)).outcome
    #expect(outcome?.status == .late && outcome?.passages == [])
  }

  @Test func `a late passage answers its own question when that is asked again`() {
    var turn = late("what is the refund policy for opened items")
    for id in 1...3 { _ = turn.answer(id, refunds) }
    _ = turn.speechStarted("u2")
    _ = turn.machine.heard(
      HeardWords("I said the refund policy for opened items", item: "u2", source: .upstream, kind: .delta), at: turn.now)
    _ = turn.speechStopped("u2")
    let outcome = (turn.committed("u2") + turn.wait(200)).outcome
    #expect(outcome?.status == .hit && outcome?.passages == refunds)
  }

  @Test func `a query that is still under way serves its own question asked again, and is not asked twice`() {
    var turn = late("what is the refund policy for opened items")
    _ = turn.speechStarted("u2")
    #expect(turn.say("the refund policy for opened items", item: "u2").asked.count <= 1)
    _ = turn.speechStopped("u2")
    _ = turn.committed("u2")
    #expect(turn.answer(2, refunds).outcome?.passages == refunds || turn.answer(3, refunds).outcome?.passages == refunds)
  }
}
