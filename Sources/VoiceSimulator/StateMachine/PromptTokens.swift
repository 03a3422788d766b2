/// Counts tokens as the provider bills them, near enough: four characters of text, 100 ms of the user's audio, 50 ms of the assistant's.
struct PromptTokens {
  /// One part of a prompt: what tells it from others, and what it counts.
  struct Part: Equatable {
    var key: String
    var text = 0
    var audio = 0
    var image = 0
  }

  /// Cached prefixes are counted in steps of this.
  private static let cacheStep = 64
  /// Tokens that every prompt begins with.
  private static let preamble = 16

  private(set) var parts: [Part]

  static func text(_ text: String) -> Int { (text.utf8.count + 3) / 4 }

  init(instructions: String, tools: [JSON], items: [ConversationItem]) {
    let toolText = tools.map(\.text).joined()
    // A change of instructions or tools changes all that follows them.
    parts = [Part(key: "\(instructions)\u{0}\(toolText)", text: Self.preamble + Self.text(instructions) + Self.text(toolText))]
    parts += items.map { Part(of: $0) }
  }

  var text: Int { parts.reduce(0) { $0 + $1.text } }
  var audio: Int { parts.reduce(0) { $0 + $1.audio } }
  var image: Int { parts.reduce(0) { $0 + $1.image } }

  /// Tokens that this prompt shares with the beginning of the previous one.
  func cached(after previous: PromptTokens?) -> (text: Int, audio: Int) {
    guard let previous else { return (0, 0) }
    var (text, audio) = (0, 0)
    for (part, before) in zip(parts, previous.parts) {
      guard part == before else { break }
      text += part.text
      audio += part.audio
    }
    let total = (text + audio) / Self.cacheStep * Self.cacheStep
    let cachedText = min(text, total)
    return (cachedText, total - cachedText)
  }
}

extension PromptTokens.Part {
  init(of item: ConversationItem) {
    self.init(key: "\(item.id)\u{0}\(item.version)")
    let images = (item.json["content"]?.array ?? []).count { $0["type"]?.string == "input_image" }
    image = images * 85
    switch item.json["type"]?.string {
    case "function_call": text = 8 + PromptTokens.text((item.json["name"]?.string ?? "") + (item.json["arguments"]?.string ?? ""))
    case "function_call_output": text = 4 + PromptTokens.text(item.json["output"]?.string ?? "")
    default:
      if item.audioMilliseconds > 0 {
        audio = item.audioMilliseconds / (item.isUser ? 100 : 50)
      } else {
        text = 4 + PromptTokens.text(item.words)
      }
    }
  }
}
