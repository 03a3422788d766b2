import RAGPrefetch
import Testing
import VoiceCore

struct ContextItemsTests {
  private func passage(_ number: Int) -> Passage { Passage(text: "Passage \(number)", source: "doc \(number)") }

  /// Of 100 tokens.
  private func context(_ number: Int) -> ContextText.Made {
    ContextText.Made(text: String(repeating: "x", count: 368), whole: [passage(number)])
  }

  @Test func `items stay until they are over the budget, then all but the newest two turns go at once`() {
    var items = ContextItems(tokenBudget: 300)
    for turn in 1...3 {
      items.added(turn, context(turn))
      #expect(items.answerEnded() == [])
    }
    #expect(items.tokens == 300)
    items.added(4, context(4))
    #expect(items.answerEnded() == [1, 2])
    #expect(items.tokens == 200)
    #expect(items.answerEnded() == [])
  }

  @Test func `what stands in the conversation already is not put there again, and stays longer`() {
    var items = ContextItems(tokenBudget: 150)
    items.added(1, context(1))
    _ = items.answerEnded()
    _ = items.answerEnded()
    var same = passage(1)
    same.score = 9
    #expect(items.missing(of: [same, passage(2)]) == [passage(2)])
    items.added(2, context(2))
    #expect(items.answerEnded() == [])
    #expect(items.answerEnded() == [])
    #expect(items.answerEnded() == [1, 2])
  }

  @Test func `a passage that was cut for others stands there in part, and is missing as a whole`() {
    var items = ContextItems(tokenBudget: 1_000)
    items.added(1, ContextText.Made(text: "text", whole: [passage(1)], cut: [passage(2)]))
    #expect(items.missing(of: [passage(1), passage(2), passage(3)]) == [passage(2), passage(3)])
    #expect(items.standing(of: [passage(1), passage(2), passage(3)]) == [passage(1), passage(2)])
  }

  @Test func `what no answer has used makes way for other context, and what one has used stays`() {
    var items = ContextItems(tokenBudget: 1_000)
    items.added(1, context(1))
    items.answerBegan()
    items.added(2, context(2))
    items.added(3, context(3))
    #expect(items.withdrawUnused(keeping: [passage(3), passage(4)]) == [2])
    #expect(items.standing(of: [passage(1), passage(2), passage(3)]) == [passage(1), passage(3)])
  }

  @Test func `an item that is lost counts no more`() {
    var items = ContextItems(tokenBudget: 1_000)
    items.added(1, context(1))
    items.removed(1)
    #expect(items.tokens == 0)
    #expect(items.missing(of: [passage(1)]) == [passage(1)])
  }
}
