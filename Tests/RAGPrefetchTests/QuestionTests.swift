import RAGPrefetch
import Testing
import VoiceCore

struct QuestionTests {
  @Test func `content words are folded and lose their plural`() {
    #expect(Question("Quels sont les ÉLÈVES de l'école ?").contentWords == ["elev", "ecol"])
    #expect(Question("the opened items, please").contentWords == ["opened", "item"])
  }

  @Test func `every word counts, ideographs one by one`() {
    #expect(Question("What is it that I can do?").wordCount == 7)
    #expect(Question("退款政策是什么").wordCount == 7)
    #expect(Question("").wordCount == 0)
  }

  @Test func `novelty is the share of content words that were not asked`() {
    let asked = Question("what is the refund policy")
    #expect(Question("What is the refund policy, please?").novelty(since: asked) == 0)
    #expect(Question("what is the refund policy for opened items").novelty(since: asked) == 0.5)
    #expect(Question("where do I rent bikes").novelty(since: asked) == 1)
    #expect(Question("yes").novelty(since: asked) == 0)
  }

  @Test func `letters of every European alphabet are folded`() {
    #expect(LetterFolding.folded("ÀÇÉÑÖØŁŒßŽ") == "acenoo" + "l" + "oe" + "ss" + "z")
    #expect(LetterFolding.folded("Ďáblův ŷ ĸ") == "dabluv y k")
    #expect(LetterFolding.folded("ΑΒΓ ДОМ") == "αβγ дом")
  }
}
