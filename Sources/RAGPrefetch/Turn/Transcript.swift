import VoiceCore

/// What was heard of one turn, by each source that told of it.
struct Transcript: Equatable {
  /// What was said before in a turn that was never answered, because the user went on.
  private(set) var carried: String
  /// Deltas by content index, for each source.
  private var parts: [HeardWords.Source: [Int: String]] = [:]
  private var completed: [Int: String] = [:]
  /// The client's words: what it called final, then what it may still replace.
  private var clientFinal = ""
  private var clientInterim = ""

  init(carrying carried: String = "") { self.carried = carried }

  var isEmpty: Bool { parts.isEmpty && completed.isEmpty && clientFinal.isEmpty && clientInterim.isEmpty }

  mutating func append(_ delta: String, contentIndex: Int, from source: HeardWords.Source) {
    parts[source, default: [:]][contentIndex, default: ""] += delta
  }

  mutating func complete(_ text: String, contentIndex: Int) { completed[contentIndex] = text }

  mutating func clientHeard(_ text: String, isFinal: Bool) {
    if isFinal {
      clientFinal = Self.joined([clientFinal, text])
      clientInterim = ""
    } else {
      clientInterim = text
    }
  }

  /// Best text: completed transcripts first, then the longest, then the most trusted source. Its last `limit` characters.
  func text(limit: Int) -> String {
    var best = Self.inOrder(completed)
    if best.isEmpty {
      var most = 0
      for source in HeardWords.Source.allCases {
        let text = source == .client ? Self.joined([clientFinal, clientInterim]) : Self.inOrder(parts[source] ?? [:])
        let count = Question.words(of: text).count
        if !text.isEmpty, count >= most { (best, most) = (text, count) }
      }
    }
    let whole = Self.joined([carried, best])
    return whole.count > limit ? String(whole.suffix(limit)) : whole
  }

  private static func inOrder(_ parts: [Int: String]) -> String { joined(parts.sorted { $0.key < $1.key }.map(\.value)) }

  private static func joined(_ texts: [String]) -> String {
    texts.map { $0.trimmed }.filter { !$0.isEmpty }.joined(separator: " ")
  }
}

extension String {
  /// Text without white space at either end.
  fileprivate var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(self[first...last])
  }
}
