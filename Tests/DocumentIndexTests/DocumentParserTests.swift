import Foundation
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
        .init(headings: ["First", "Deep"], paragraphs: ["k: a; v: b"]),
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
    let chunks = Chunker(size: 20).chunks(of: document)
    #expect(chunks.map(\.text) == ["One is here.", "Two is 2.5 long.", "Three!\nFour.", "Five."])
    #expect(chunks.map(\.title) == ["T › A", "T › A", "T › A", "T › B"])
  }

  @Test func `a sentence without end is cut between words`() {
    let words = Array(repeating: "word", count: 50).joined(separator: " ")
    let parts = Chunker.sentences(of: words, longest: 40)
    #expect(parts.joined(separator: " ") == words)
    #expect(parts.allSatisfy { $0.count <= 41 })
  }

  @Test func `code is text: a comment in it is no heading`() {
    let document = DocumentParser.parse(
      "# Guide\n\n## Linux\n\n```sh\n# comment\napt install\n```\n\nAfterwards.\n\n    # indented\n", path: "a.md")
    #expect(document.title == "Guide")
    #expect(document.sections == [.init(headings: ["Linux"], paragraphs: ["# comment apt install", "Afterwards.", "# indented"])])
  }

  @Test func `a line below a paragraph makes it a heading`() {
    let document = DocumentParser.parse("Big Title\n====\n\nSub\n---\n\nText.\n\n---\n\nMore.\n\n- item\n---\n", path: "a.md")
    #expect(document.title == "Big Title")
    #expect(document.sections == [.init(headings: ["Sub"], paragraphs: ["Text.", "More.", "item"])])
  }

  @Test(arguments: [
    ("<p>Orders < 50 EUR pay</p>", "Orders < 50 EUR pay"), ("<head><title>T</title><body><p>kept", "kept"),
    ("<head><title>T</title><header><p>kept</header>", "kept"), ("<SCRIPT>no</Script ><p>kept", "kept"), ("<style>a</STYLE>kept", "kept"),
    ("<nav><a>Home</a><nav>x</nav></nav><p>kept<footer>© 2026</footer>", "kept"), ("<nav><p>kept", "kept"),
    ("<a title='x > y'>kept</a>", "kept"), ("<!-- <p>no --><?php no ?><!doctype html>kept", "kept"), ("a <3 b </ c> d", "a <3 b </ c> d"),
    ("<p>a</p><!--><p>kept", "a,kept"), ("<!---><p>kept", "kept"), ("<!-- x --!><p>kept", "kept"), ("<!--x--y-><p>no--><p>kept", "kept"),
    ("<!--[if !IE]><!--><p>kept</p><!--<![endif]-->", "kept"), ("<!---->kept", "kept"), ("kept<!-- no", "kept"),
    ("<style>a{content:'</style'}</style ><p>kept", "kept"), ("<script>'</script-x>'</script/><p>kept", "kept"),
    ("kept<style></style", "kept"),
  ])
  func `HTML is read as browsers do`(_ html: String, _ text: String) {
    #expect(DocumentParser.parse(html, path: "a.html").sections.flatMap(\.paragraphs).joined(separator: ",") == text)
  }

  @Test func `rows of a table carry the names of their columns`() {
    let html = "<table><tr><th>Size</th><th>Price</th></tr><tr><td>L</td><td>9 €</td></tr></table>"
    #expect(DocumentParser.parse(html, path: "a.html").sections.flatMap(\.paragraphs) == ["Size: L; Price: 9 €"])
    let csv = "size;price\n\"L; large\";\"9 \"\"€\"\"\"\nM;\n"
    #expect(DocumentParser.parse(csv, path: "a.csv").sections.flatMap(\.paragraphs) == ["size: L; large; price: 9 \"€\"", "size: M"])
  }

  @Test func `a Word document is its headings, paragraphs and rows`() {
    let xml = """
      <w:document><w:body><w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Refunds</w:t></w:r></w:p>
      <w:p><w:r><w:t>Within 14 </w:t></w:r><w:r><w:t xml:space="preserve">days &amp; nights.</w:t></w:r></w:p>
      <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Size</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>L</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
      </w:body></w:document>
      """
    let document = DocumentParser.parse(xml, path: "a.docx", as: .wordXML)
    #expect(document.title == "Refunds")
    #expect(document.sections == [.init(headings: [], paragraphs: ["Within 14 days & nights.", "Size: L"])])
  }

  @Test func `files of Windows are read`() {
    let text = "Le cœur coûte 50 €."
    #expect(TextEncoding.text(of: text.data(using: .windowsCP1252)!)?.text == text)
    #expect(TextEncoding.text(of: Data([0xFF, 0xFE]) + text.data(using: .utf16LittleEndian)!)?.text == text)
    #expect(TextEncoding.text(of: Data([0xFE, 0xFF]) + text.data(using: .utf16BigEndian)!)?.text == text)
    #expect(TextEncoding.text(of: Data([0xEF, 0xBB, 0xBF]) + Data(text.utf8))?.text == text)
    #expect(TextEncoding.text(of: Data([1, 0, 2])) == nil)
  }

  @Test func `UTF-8 with a broken byte stays UTF-8, and Windows-1252 stays what it is`() {
    let text = "La règle du coût — été"
    #expect(TextEncoding.text(of: Data(text.utf8) + Data([0xFF]) + Data(" fin".utf8))?.text == text + "\u{FFFD} fin")
    #expect(TextEncoding.text(of: Data((text + "€").utf8.dropLast()))?.text == text + "\u{FFFD}")
    #expect(TextEncoding.text(of: Data([0xEF, 0xBB, 0xBF, 0x61, 0xFF]))?.text == "a\u{FFFD}")
    let html = TextEncoding.html(Data("<meta charset=x-unknown>Правила".utf8) + Data([0xFF]))
    #expect(html?.text.hasSuffix("Правила\u{FFFD}") == true && html?.unknownCharset == nil)
    // What looks like UTF-8 by chance is outnumbered.
    #expect(TextEncoding.text(of: "Ã© à ç ù".data(using: .windowsCP1252)!)?.text == "Ã© à ç ù")
  }

  @Test(arguments: ["The policy is here.\r\n", "Правила возврата"])
  func `UTF-16 needs no mark`(text: String) {
    #expect(TextEncoding.text(of: text.data(using: .utf16LittleEndian)!)?.text == text)
    #expect(TextEncoding.text(of: text.data(using: .utf16BigEndian)!)?.text == text)
  }

  @Test func `a table in a cell of an HTML table is text of that cell`() {
    let inner = "<table><tr><td>Small</td><td>5 €</td></tr><tr><td>Large</td><td>9 €</td></tr></table>"
    let html = "<table><tr><th>Plan<th>Prices<tr><td>Gold<td>\(inner)</td></tr><tr><td>Silver<td>3 €</table><p>After.</p>"
    let texts = DocumentParser.parse(html, path: "a.html").sections.flatMap(\.paragraphs)
    #expect(
      texts.map { $0.split(separator: " ").joined(separator: " ") } == [
        "Plan: Gold; Prices: Small 5 € ; Large 9 € ;", "Plan: Silver; Prices: 3 €", "After.",
      ])
  }

  @Test func `bytes of a program are no text, a few zeros in a text are blanks`() {
    #expect(TextEncoding.text(of: Data([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0x3E, 0, 1, 0, 0, 0])) == nil)
    #expect(TextEncoding.text(of: Data("The platypus policy\0 is here.".utf8))?.text == "The platypus policy  is here.")
  }

  @Test(arguments: [
    ("&reg;&trade;&sect;&frac12;&sup2;&alpha;&le;&cent;&yen;&para;&Oslash;&rarr;&iquest;", "®™§½²α≤¢¥¶Ø→¿"), ("uni&shy;corn", "unicorn"),
    ("it&#146;s &#x80;50 &#150;", "it’s €50 –"), ("&#0;&#xD800;&#x110000;&#99999999999", "\u{FFFD}\u{FFFD}\u{FFFD}&#99999999999"),
    ("&nbsp;&yuml;&diams;&apos;&cacute;&thetasym;", " ÿ♦'ćϑ"), ("&#;&#x;&#xg;&none;&", "&#;&#x;&#xg;&none;&"),
  ])
  func `characters are named and numbered as in HTML 4, numbers by Windows-1252 as on the web`(_ html: String, _ text: String) {
    #expect(HTMLText.entitiesDecoded(html[...]) == text)
  }

  @Test func `the separator of a table is what its ending or its first line says`() {
    func texts(_ text: String, _ path: String) -> [String] { DocumentParser.parse(text, path: path).sections.flatMap(\.paragraphs) }
    #expect(texts("name\tdescr, long, with, commas\nquoll\ta, b\n", "a.TSV") == ["name: quoll; descr, long, with, commas: a, b"])
    #expect(texts("sep=;\nname, all;price\nquoll, one;5\n", "a.csv") == ["name, all: quoll, one; price: 5"])
    #expect(texts("\"SEP=|\"\r\nname|price\r\nquoll|5\r\n", "a.csv") == ["name: quoll; price: 5"])
    #expect(texts("sep=\t\nname\tprice\nquoll\t5\n", "a.csv") == ["name: quoll; price: 5"])
  }

  @Test func `a letter named with its accent is one character`() {
    #expect(Array(HTMLText.entitiesDecoded("caf&eacute;").unicodeScalars) == Array("caf\u{E9}".unicodeScalars))
  }

  @Test func `a table in a cell of a Word document is text of that cell, and a text box is read once`() {
    func cell(_ text: String) -> String { "<w:tc><w:p><w:r><w:t>\(text)</w:t></w:r></w:p></w:tc>" }
    let inner = "<w:tbl><w:tr>\(cell("small"))\(cell("5 €"))</w:tr><w:tr>\(cell("large"))\(cell("9 €"))</w:tr></w:tbl>"
    let box = "<w:r><w:t>Closed on Mondays.</w:t></w:r>"
    let xml = """
      <w:document><w:body><w:tbl><w:tr>\(cell("Plan"))\(cell("Prices"))</w:tr><w:tr>\(cell("Gold"))<w:tc>\(inner)<w:p/></w:tc></w:tr></w:tbl>
      <w:p><mc:AlternateContent><mc:Choice>\(box)</mc:Choice><mc:Fallback>\(box)</mc:Fallback></mc:AlternateContent></w:p></w:body></w:document>
      """
    let document = DocumentParser.parse(xml, path: "a.docx", as: .wordXML)
    let texts = document.sections.flatMap(\.paragraphs)
    #expect(texts.count == 2 && texts[1] == "Closed on Mondays.")
    #expect(texts[0].split(separator: " ").joined(separator: " ") == "Plan: Gold; Prices: small 5 € ; large 9 € ;")
  }

  @Test func `converters are named by the endings that they read`() {
    #expect(DocumentConverter.list("odt=pandoc -t markdown {}, .rtf=unrtf --text")?["rtf"]?.command == ["unrtf", "--text"])
    #expect(DocumentConverter.list("odt=pandoc -t markdown {}")?["odt"]?.format == .markdown)
    #expect(DocumentConverter.list("pandoc") == nil && DocumentConverter.list("=x") == nil)
  }
}
