import RAGPrefetch
import Testing
import VoiceCore

struct QuestionTests {
  @Test func `content words are folded and lose their plural`() {
    #expect(Question("Quels sont les ÉLÈVES de l'école ?").contentWords == ["elev", "ecol"])
    #expect(Question("the opened items, please").contentWords == ["opened", "item"])
  }

  @Test func `every word counts, by an estimate where no spaces part them`() {
    #expect(Question("What is it that I can do?").wordCount == 7)
    #expect(Question("退款政策是什么").wordCount == 4)
    #expect((4...9).contains(Question("นโยบายการคืนเงินของคุณคืออะไร").wordCount))
    #expect(Question("").wordCount == 0)
  }

  @Test func `novelty is the share of content words that were not asked`() {
    let asked = Question("what is the refund policy")
    #expect(Question("What is the refund policy, please?").novelty(since: asked) == 0)
    #expect(Question("what is the refund policy for opened items").novelty(since: asked) == 0.5)
    #expect(Question("where do I rent bikes").novelty(since: asked) == 1)
    #expect(Question("yes").novelty(since: asked) == 0)
  }

  @Test(arguments: [
    ("Which font can I use?", "font"), ("How do I comment?", "comment"), ("what does article 5 say", "5"), ("vitamin C", "c"),
    ("warranty", "warranty"),
    ("la garantie", "garanti"), ("¿cuál es la garantía?", "garantia"), ("le cours de l'or", "or"),
    ("wie lange gilt die Garantie", "garanti"),
    ("退款政策是什么", "退款"), ("環불 환불은", "환불"), ("ｶﾒﾗ", "カメ"),
  ])
  func `a word counts by the language that is spoken`(_ text: String, _ word: String) {
    #expect(Question(text).contentWords.contains(word))
  }

  @Test func `the language that the session declares says which words are common`() {
    #expect(Question("or", in: Languages(code: "fr")).contentWords == ["or"])
    #expect(Question("or", in: Languages(code: "en")).contentWords.isEmpty)
    #expect(Question("pour", in: Languages(code: "en-GB")).contentWords == ["pour"])
  }

  @Test(arguments: ["what is that", "qu'est ce que c'est", "was ist das denn", "что это", "是什么", "como é isso"])
  func `a question of common words alone has no content`(_ text: String) { #expect(Question(text).contentWords.isEmpty) }
}
