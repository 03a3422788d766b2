import RAGPrefetch
import Testing

@testable import DocumentIndex

struct WordIndexTests {
  private func writer(_ texts: [String]) -> IndexWriter {
    let reader = TermReader()
    var writer = IndexWriter()
    for (number, text) in texts.enumerated() { writer.insert([document("d\(number)", text, reader)], reader: reader) }
    return writer
  }

  private func document(_ path: String, _ text: String, _ reader: TermReader) -> (path: String, passages: [IndexedPassage]) {
    let language = reader.language(of: TextRun.runs(of: text))
    return (path, [IndexedPassage(path: path, title: "", text: text, language: language)])
  }

  private func found(_ question: String, in writer: IndexWriter) -> [String] {
    let reader = TermReader()
    let snapshot = writer.snapshot
    let question = WordQuestion(question, languages: snapshot.languages, reader: reader)
    return WordSearch(snapshot: snapshot, question: question, reader: reader).hits(limit: 3)
      .map { snapshot.segments[$0.segment].passages[$0.passage].path }
  }

  @Test(arguments: [
    ("en", "libraries", "library"), ("en", "cancelled", "cancel"), ("fr", "étudiants", "étudiante"), ("de", "häuser", "hauses"),
    ("es", "preguntas", "pregunta"), ("ru", "вопросы", "вопроса"), ("tr", "evler", "evlerin"), ("el", "ώρες", "ώρα"),
    ("ro", "apărarea", "apărare"),
    ("hi", "लड़कियाँ", "लड़कियों"), ("ar", "الكتاب", "كتاب"),
  ])
  func `inflected words have one stem in their language`(_ code: String, _ one: String, _ other: String) {
    let reader = TermReader()
    let language = Languages(code: code)!
    #expect(reader.stem(one, in: language) == reader.stem(other, in: language))
  }

  @Test func `policy and police are not one word`() {
    let reader = TermReader()
    let english = Languages(code: "en")!
    #expect(reader.stem("busy", in: english) != reader.stem("bus", in: english))
  }

  @Test func `a word is found in a longer one, less than by itself`() {
    let writer = writer([
      "Die Garantieverlängerung kostet etwas.", "Die Garantie gilt zwei Jahre lang.", "Lieferung frei Haus.",
    ])
    #expect(found("was ist mit der garantie", in: writer).prefix(2) == ["d1", "d0"])
  }

  @Test func `words that stand side by side as asked go before the same words apart`() {
    let writer = writer([
      "The house has a white door, and the fence is high.", "The fence of the white house is high, the door too.", "A barn.", "A shed.",
    ])
    #expect(found("white house", in: writer).first == "d1")
  }

  @Test func `a question without a word that says what is meant finds nothing`() {
    #expect(found("what is that", in: writer(["What is that?", "That is it."])) == [])
  }

  @Test func `terms are found by their beginning and their end`() {
    let table = TermTable(sorted: ["accord", "accordance", "ba", "votreaccord", "zaccord"])
    #expect(table.index(of: "ba") == 2 && table.index(of: "b") == nil && table.index(of: "zz") == nil)
    #expect(table.indices(beginningWith: "accord", limit: 9).map { table[$0] } == ["accordance"])
    #expect(Set(table.indices(endingWith: "accord", limit: 9).map { table[$0] }) == ["votreaccord", "zaccord"])
  }

  /// Inserts, replaces and removes at random: what is found is what an index made at once finds.
  @Test func `an index that grew and shrank finds what one made at once finds`() {
    let reader = TermReader()
    var random = SystemRandomNumberGenerator()
    let nouns = ["penguin", "walrus", "ostrich", "okapi", "narwhal", "tapir"]
    var texts: [String: String] = [:]
    var writer = IndexWriter()
    for _ in 0..<400 {
      let path = "d\(Int.random(in: 0..<60, using: &random))"
      if Int.random(in: 0..<4, using: &random) == 0 {
        texts[path] = nil
        writer.remove(path)
      } else {
        let text = "The \(nouns.randomElement(using: &random)!) lives in place\(Int.random(in: 0..<9, using: &random))."
        texts[path] = text
        writer.insert([document(path, text, reader)], reader: reader)
      }
    }
    #expect(writer.snapshot.passageCount == texts.count && writer.documentCount == texts.count)
    #expect(writer.snapshot.segments.count < 20)
    for noun in nouns {
      let wanted = texts.filter { $0.value.contains(noun) }.keys
      let hits = WordSearch(
        snapshot: writer.snapshot, question: WordQuestion(noun, languages: writer.snapshot.languages, reader: reader), reader: reader
      ).hits(limit: 100)
      #expect(Set(hits.map { writer.snapshot.segments[$0.segment].passages[$0.passage].path }) == Set(wanted))
    }
  }
}
