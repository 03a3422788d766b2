import VoiceCore

/// Cuts documents into passages: never across a heading, at the ends of paragraphs and sentences.
struct Chunker: Sendable {
  struct Chunk: Equatable, Sendable {
    /// The document's title and the headings above.
    var title: String
    var text: String
  }

  /// Text between a document's title and the headings of a passage.
  static let separator = " › "

  /// Size of a passage in characters; a paragraph that is a little longer stays whole.
  var size = 1_000
  private var longest: Int { size + size * 3 / 10 }

  init(size: Int = 1_000) { self.size = size }

  func chunks(of document: SourceDocument) -> [Chunk] {
    document.sections.flatMap { section in
      let title = ([document.title.replacing(Self.separator, with: " > ")] + section.headings).joined(separator: Self.separator)
      return pieces(section.paragraphs).map { Chunk(title: title, text: $0) }
    }
  }

  private func pieces(_ paragraphs: [String]) -> [String] {
    var pieces: [String] = []
    var current = ""
    var length = 0
    for paragraph in paragraphs {
      let parts = paragraph.count <= longest ? [paragraph] : Self.sentences(of: paragraph, longest: size)
      for (index, part) in parts.enumerated() {
        let count = part.count
        if length > 0, length + count + 1 > size {
          pieces.append(current)
          (current, length) = ("", 0)
        }
        current += (length == 0 ? "" : index == 0 ? "\n" : " ") + part
        length += count + 1
      }
    }
    if length > 0 { pieces.append(current) }
    return pieces
  }

  /// Sentences end with a point and a space; one that is longer than a passage is cut between words.
  static func sentences(of text: String, longest: Int) -> [String] {
    var sentences: [String] = []
    var start = text.startIndex
    var lastSpace: String.Index?
    var length = 0
    var index = text.startIndex
    while index < text.endIndex {
      let next = text.index(after: index)
      length += 1
      let isEnd = "。！？".contains(text[index]) || ".!?…।۔؟".contains(text[index]) && next < text.endIndex && text[next].isWhitespace
      if text[index].isWhitespace { lastSpace = index }
      if isEnd || length > longest {
        let end = isEnd ? next : lastSpace ?? next
        sentences.append(String(text[start..<end].trimmed))
        length = text.distance(from: end, to: next)
        start = end
        lastSpace = nil
      }
      index = next
    }
    sentences.append(String(text[start...].trimmed))
    return sentences.filter { !$0.isEmpty }
  }
}
