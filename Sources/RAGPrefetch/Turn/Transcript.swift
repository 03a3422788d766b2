import VoiceCore

/// Transcript of one turn by source. Each part keeps its end only, and there are few parts.
struct Transcript: Equatable {
  /// Parts of one item's audio: a user's item has one.
  private static let mostParts = 8

  /// Words of a turn before that was never answered, because the user went on.
  private(set) var carried: String
  /// Deltas by content index, for each source.
  private var parts: [HeardWords.Source: [Int: String]] = [:]
  private var completed: [Int: String] = [:]
  /// The client's words: what it called final, then what it may still replace.
  private var clientFinal = ""
  private var clientInterim = ""

  init(carrying carried: String = "") { self.carried = carried }

  var isEmpty: Bool { parts.isEmpty && completed.isEmpty && clientFinal.isEmpty && clientInterim.isEmpty }

  mutating func append(_ delta: String, contentIndex: Int, from source: HeardWords.Source, limit: Int) {
    let soFar = parts[source, default: [:]][contentIndex] ?? ""
    parts[source, default: [:]][contentIndex] = (soFar + delta.end(limit)).end(limit)
    Self.bound(&parts[source, default: [:]])
  }

  mutating func complete(_ text: String, contentIndex: Int, limit: Int) {
    completed[contentIndex] = text.end(limit)
    Self.bound(&completed)
  }

  mutating func clientHeard(_ text: String, isFinal: Bool, limit: Int) {
    let text = text.end(limit)
    if isFinal {
      clientFinal = Self.joined([clientFinal, text]).end(limit)
      clientInterim = ""
    } else {
      clientInterim = text
    }
  }

  /// The text to go by: completed transcripts before all, then the source that heard most, then the more trusted. Its last `limit`
  /// characters.
  func text(limit: Int) -> String {
    var best = Self.inOrder(completed)
    if best.isEmpty {
      let heard = HeardWords.Source.allCases.map { source in
        source == .client ? Self.joined([clientFinal, clientInterim]) : Self.inOrder(parts[source] ?? [:])
      }
      .filter { !$0.isEmpty }
      best = heard.first ?? ""
      if heard.count > 1 {
        var most = 0
        for text in heard {
          let count = Question.words(of: text).count
          if count >= most { (best, most) = (text, count) }
        }
      }
    }
    return Self.joined([carried, best]).end(limit)
  }

  private static func bound(_ parts: inout [Int: String]) {
    while parts.count > mostParts, let oldest = parts.keys.min() { parts[oldest] = nil }
  }

  private static func inOrder(_ parts: [Int: String]) -> String { joined(parts.sorted { $0.key < $1.key }.map(\.value)) }

  private static func joined(_ texts: [String]) -> String {
    texts.map(\.trimmed).filter { !$0.isEmpty }.joined(separator: " ")
  }
}

extension String {
  /// The last `limit` characters. What is far longer is cut by its bytes, and never counted whole.
  fileprivate func end(_ limit: Int) -> String {
    guard utf8.count > limit else { return self }
    // A character has a few bytes; one that has very many says nothing either.
    let bytes = utf8.suffix(limit * 8)
    let text = String(decoding: bytes.drop { $0 & 0xC0 == 0x80 }, as: UTF8.self)
    return text.count > limit ? String(text.suffix(limit)) : text
  }
}
