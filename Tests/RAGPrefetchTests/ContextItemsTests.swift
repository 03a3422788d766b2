import RAGPrefetch
import Testing
import VoiceCore

struct ContextItemsTests {
  private func passage(_ number: Int) -> Passage { Passage(text: "Passage \(number)", source: "doc \(number)") }

  @Test func `items stay until they are over the budget, then all but the newest two turns go at once`() {
    var items = ContextItems(tokenBudget: 300)
    for turn in 1...3 {
      items.added(turn, [passage(turn)], text: String(repeating: "x", count: 368))
      #expect(items.turnEnded() == [])
    }
    #expect(items.tokens == 300)
    items.added(4, [passage(4)], text: String(repeating: "x", count: 368))
    #expect(items.turnEnded() == [1, 2])
    #expect(items.tokens == 200)
    #expect(items.turnEnded() == [])
  }

  @Test func `what stands in the conversation already is not put there again, and stays longer`() {
    var items = ContextItems(tokenBudget: 150)
    items.added(1, [passage(1)], text: String(repeating: "x", count: 368))
    _ = items.turnEnded()
    _ = items.turnEnded()
    var same = passage(1)
    same.score = 9
    #expect(items.missing(of: [same, passage(2)]) == [passage(2)])
    items.added(2, [passage(2)], text: String(repeating: "x", count: 368))
    #expect(items.turnEnded() == [])
    #expect(items.turnEnded() == [])
    #expect(items.turnEnded() == [1, 2])
  }

  @Test func `an item that was withdrawn counts no more`() {
    var items = ContextItems(tokenBudget: 1_000)
    items.added(1, [passage(1)], text: "text")
    items.removed(1)
    #expect(items.tokens == 0)
    #expect(items.missing(of: [passage(1)]) == [passage(1)])
  }
}
