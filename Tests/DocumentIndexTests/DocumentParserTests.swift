import Testing

@testable import DocumentIndex

struct DocumentParserTests {
  @Test func `Markdown is its headings, paragraphs, list items and rows`() {
    let document = DocumentParser.parse(
      """
      ---
      title: "Help"
      ---
      Intro with **bold** and `code`.

      # First
      One line
      goes on.
      - item *a*
      - item [b](http://x.y)

      ### Deep ###
      | k | v |
      |---|---|
      | a | b |
      ## Second
      snake_case stays, _emphasis_ does not.
      """, path: "a/help.md")
    #expect(document.title == "Help")
    #expect(
      document.sections == [
        .init(headings: [], paragraphs: ["Intro with bold and code."]),
        .init(headings: ["First"], paragraphs: ["One line goes on.", "item a", "item b"]),
        .init(headings: ["First", "Deep"], paragraphs: ["k v", "a b"]),
        .init(headings: ["First", "Second"], paragraphs: ["snake_case stays, emphasis does not."]),
      ])
  }

  @Test func `HTML is its visible text`() {
    let document = DocumentParser.parse(
      """
      <html><head><title>Caf&eacute; &amp; bar</title><style>p { x: "<b>" }</style></head><body><!-- <p>no</p> -->
      <script>if (a < b) { alert("no") }</script><h2>Opening <em>hours</em></h2><p>From&nbsp;9 to&#32;18<br>&lt;daily&gt;</p>
      <ul><li>Mon<li>Tue</ul>a &unknown; b & c</body></html>
      """, path: "x.HTML")
    #expect(document.title == "Café & bar")
    #expect(document.sections.map(\.headings) == [["Opening hours"]])
    #expect(document.sections.first?.paragraphs == ["From 9 to 18", "<daily>", "Mon", "Tue", "a &unknown; b & c"])
  }

  @Test(arguments: ["<", "<p", "</script", "<script>never closed", "&", "&#xFFFFFFFF;", "<h1></h1>", "[", "![x", "# ", "\\"])
  func `broken text is no harm`(_ text: String) {
    _ = DocumentParser.parse(text, path: "a.html")
    _ = DocumentParser.parse(text, path: "a.md")
  }

  @Test func `the title is the first heading, else a short first line, else the file's name`() {
    #expect(DocumentParser.parse("# Un\n\ntexte", path: "a.md").title == "Un")
    #expect(DocumentParser.parse("Refunds\n\nWithin 14 days.", path: "a.txt").title == "Refunds")
    #expect(DocumentParser.parse("Within 14 days.", path: "kb/our-refund_policy.txt").title == "our refund policy")
  }

  @Test func `passages end with sentences, and never cross a heading`() {
    let document = SourceDocument(
      path: "a.md", title: "T",
      sections: [
        .init(headings: ["A"], paragraphs: ["One is here. Two is 2.5 long. Three!", "Four."]),
        .init(headings: ["B"], paragraphs: ["Five."]),
      ])
    let chunks = Chunker(size: 30).chunks(of: document)
    #expect(chunks.map(\.text) == ["One is here. Two is 2.5 long.", "Three!\nFour.", "Five."])
    #expect(chunks.map(\.title) == ["T › A", "T › A", "T › B"])
  }

  @Test func `a sentence without end is cut between words`() {
    let words = Array(repeating: "word", count: 50).joined(separator: " ")
    let parts = Chunker.sentences(of: words, longest: 40)
    #expect(parts.joined(separator: " ") == words)
    #expect(parts.allSatisfy { $0.count <= 41 })
  }

  @Test(arguments: [
    ("libraries", "library"), ("rentals", "rental"), ("bookings", "booked"), ("cancelled", "cancel"), ("remboursement", "rembourser"),
    ("annulé", "annulation"), ("étudiants", "étudiante"), ("travaux", "travau"), ("réserver", "réservations"), ("planned", "plan"),
  ])
  func `inflected words have one stem`(_ one: String, _ other: String) {
    #expect(SearchTerms.terms(of: one).map(\.stem) == SearchTerms.terms(of: other).map(\.stem))
  }
}
