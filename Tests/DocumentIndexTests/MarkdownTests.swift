import Testing

@testable import DocumentIndex

struct MarkdownTests {
  private static let definitions: Set<String> = ["ref", "a", "two words"]
  private func plain(_ text: String) -> String { MarkdownInline.text(text, definitions: Self.definitions) }
  private func paragraphs(_ text: String) -> [String] { DocumentParser.parse(text, path: "a.md").sections.flatMap(\.paragraphs) }

  @Test(arguments: [
    ("our [refund policy][ref] page", "our refund policy page"), ("[![alt](i.png)](http://x/y_(z)) end", "alt end"),
    ("a list[int] type", "a list[int] type"), ("[a][] \\*b\\*", "a *b*"),
    ("see [a] and [Two\nWords] and [b]", "see a and Two Words and [b]"),
    ("[b][c] and [b][]", "[b][c] and [b][]"), ("[x](y) is [x](<a b> \"no\")!", "x is x!"),
    ("[see](this note, please)", "[see](this note, please)"),
    ("[[a](b.md) c](d)", "[a c](d)"), ("![a *b*](c.png \"no\")", "a b"), ("[open", "[open"), ("close] it](now)", "close] it](now)"),
    ("[words](#part) [](x.md)", "words"), ("[a\\]b](c.md)", "a]b"),
  ])
  func `links are their words, and brackets that are no link are text`(_ line: String, _ text: String) { #expect(plain(line) == text) }

  @Test(arguments: [
    "array[i][j]", "f(x)[0](y)", "list[int](x)", "[TODO] note", "2 * 3 * 4", "2*3*4", "5*6", "f(**kwargs)", "a_b_c and __init", "* not",
    "5~6 ~/.config",
    "Map<Key, Value>", "git clone <url>", "List<String>", "a < b and c > d", "<3", "<my-widget>", "<div", "</>", "<a href=>",
    "AT&T &bogus; x",
  ])
  func `signs that mark nothing are text`(_ line: String) { #expect(plain(line) == line) }

  @Test(arguments: [
    ("`List<String>`", "List<String>"), ("`git clone <url>` now", "git clone <url> now"), ("`<div>`", "<div>"),
    ("`f(**kwargs)`", "f(**kwargs)"),
    ("`a*b*c` *d*", "a*b*c d"), ("`list[int](x)`", "list[int](x)"), ("``a ` b``", "a ` b"), ("`` `x` ``", "`x`"), ("`a\nb`", "a b"),
    ("`open *a*", "`open a"),
    ("\\`*a*`", "`a`"), ("`C:\\`", "C:\\"), ("*`*`*", "*"), ("[`a[i]`](b.md)", "a[i]"), ("`&lt;`", "&lt;"), ("```a`` b`", "```a`` b`"),
  ])
  func `a code span stands as it is written`(_ line: String, _ text: String) { #expect(plain(line) == text) }

  @Test(arguments: [
    ("**num**bat and _quoll_", "numbat and quoll"), ("***a** b*", "a b"), ("**a *b* c**", "a b c"), ("*a **b*", "*a *b"), ("**a*", "*a"),
    ("~~old~~ new", "old new"),
    ("*(**a**)*", "(a)"), ("**bold\nover lines**", "bold over lines"), ("__a__ snake_case", "a snake_case"), ("*a [b* c](d.md)", "*a b* c"),
    ("*a*b*c*", "abc"),
  ])
  func `emphasis is reduced to its words`(_ line: String, _ text: String) { #expect(plain(line) == text) }

  @Test(arguments: [
    ("see <https://x.y/z> and <b>bold</b>", "see https://x.y/z and bold"), ("mail <a@b.example>", "mail a@b.example"),
    ("one<br>two<BR/>three", "one two three"),
    ("<div class=\"x > y\" id=z hidden>in</div >", "in"), ("a<!-- no -->b<!-->c<?no?>", "abc"), ("under 5 < 7", "under 5 < 7"),
    ("a &lt;T&gt; &amp; b", "a <T> & b"),
    ("<localhost:8080>", "localhost:8080"), ("H<sub>2</sub>O", "H2O"),
  ])
  func `elements of HTML are tags, and addresses are text`(_ line: String, _ text: String) { #expect(plain(line) == text) }

  @Test(arguments: ["[", "![", "*", "_ *", "`", "<", "<a ", "[](", "a](", "[a](b", "**a ", "~~", "\\", "&", "*a_ ", "`a``b```"])
  func `text of any signs is read in time that grows with its length`(_ sign: String) {
    let start = ContinuousClock.now
    _ = plain(String(repeating: sign, count: 20_000))
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func `definitions are known to the whole document, and are no text where they stand`() {
    let text =
      "See [quoll] and [numbat][].\n\n[quoll]: http://x \"t\"\n[numbat]: <http://y>\n[note]: see section 2.1 of it\n[^1]: A note.\n"
    #expect(paragraphs(text) == ["See quoll and numbat.", "[note]: see section 2.1 of it [^1]: A note."])
    #expect(paragraphs("[x][b] is text.\n\n```\n[b]: http://x\n```\n") == ["[x][b] is text.", "[b]: http://x"])
  }

  @Test func `code in fences and by indentation stands as it is written`() {
    #expect(paragraphs("```\nx = a*b*c\n[a](b)\n```\n") == ["x = a*b*c [a](b)"])
    #expect(paragraphs("Run\n\n    f(**kwargs) <b>\n    g()\nthen.\n") == ["Run", "f(**kwargs) <b> g()", "then."])
    #expect(paragraphs("- item\n\n    its *second* part\n\nEnd\n\n    *code*\n") == ["item", "its second part", "End", "*code*"])
    #expect(paragraphs("- ```sh\n  # *a*\n  ```\n- *b*\n") == ["# *a*", "b"])
    #expect(paragraphs("> ```\n> *a*\n> ```\n> *b*\n\n*c*\n") == ["*a*", "b", "c"])
    #expect(paragraphs("> ```\n> *a*\n\n*c*\n") == ["*a*", "c"])
  }

  @Test func `cells and headings keep their signs`() {
    #expect(
      paragraphs("| Type | Use |\n|---|---|\n| `a\\|b` | one<br>two |\n| `List<T>` | 2 * 3 * 4 |\n") == [
        "Type: a|b; Use: one two", "Type: List<T>; Use: 2 * 3 * 4",
      ])
    let document = DocumentParser.parse("# Learn C#\n\n## `Map<K, V>` ##\n\ntext\n\nA *b*\n===\n\nmore", path: "a.md")
    #expect(document.title == "Learn C#")
    #expect(document.sections.map(\.headings) == [["Map<K, V>"], ["A b"]])
  }

  @Test func `emphasis and code go on over the lines of a paragraph, not over two items`() {
    #expect(paragraphs("a **b\nc** `d\ne`\n- *f\n- g*\n") == ["a b c d e", "*f", "g*"])
  }
}
