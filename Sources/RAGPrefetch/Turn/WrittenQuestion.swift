/// The user's words that the client wrote into the conversation since the last answer.
struct WrittenQuestion: Equatable {
  /// Messages that may make one question: a history that a client restores is none.
  private static let mostParts = 3

  private let limit: Int
  private var parts: [String] = []
  private var item: String?

  init(limit: Int) { self.limit = limit }

  mutating func wrote(_ text: String, item: String?) {
    parts.append(String(text.suffix(limit)))
    if parts.count > Self.mostParts { parts.removeFirst() }
    self.item = item
  }

  /// Forgets what was written: it is answered, or is about to be.
  mutating func answered() { (parts, item) = ([], nil) }

  /// The question to look up now; nil where there is none.
  mutating func taken() -> (text: String, item: String?)? {
    guard !parts.isEmpty else { return nil }
    defer { answered() }
    return (parts.joined(separator: "\n"), item)
  }
}
