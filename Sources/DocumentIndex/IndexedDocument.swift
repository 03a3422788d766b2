/// A document cut into passages, with the words that each is found by.
struct IndexedDocument: Sendable {
  struct Entry: Sendable {
    let chunk: Chunker.Chunk
    let title: String
    let body: String
    let stems: String
    let words: Int
  }
  let path: String
  let stamp: DocumentFolder.Stamp
  let entries: [Entry]

  init(path: String, stamp: DocumentFolder.Stamp, text: String, chunker: Chunker) {
    self.path = path
    self.stamp = stamp
    entries = chunker.chunks(of: DocumentParser.parse(text, path: path)).map { chunk in
      let title = SearchTerms.terms(of: chunk.title)
      let body = SearchTerms.terms(of: chunk.text)
      return Entry(
        chunk: chunk, title: title.map(\.word).joined(separator: " "), body: body.map(\.word).joined(separator: " "),
        stems: (title + body).map(\.stem).joined(separator: " "), words: title.count + body.count)
    }
  }
}
