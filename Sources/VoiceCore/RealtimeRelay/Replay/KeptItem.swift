/// One item of the conversation as it is kept: JSON text that creates it again, made when it changes and not when it is asked for.
struct KeptItem {
  let id: String
  /// The client does not know of it.
  var isHidden = false
  private(set) var role: String?
  private static let maxParts = 64
  private var parts: [ConversationItem.Part] = []
  /// An answer that was cut off, or of which not all was heard.
  private var isInterrupted = false
  /// Milliseconds of an answer that were heard, and of how many: its later words are not to come back.
  private var cut: (heard: Double, length: Double?)?
  /// JSON for `conversation.item.create`; nil if there is nothing to create.
  private(set) var json: String?

  var bytes: Int { id.utf8.count + (json?.utf8.count ?? 0) + 64 }

  /// An item that is not known yet.
  init(id: String) { self.id = id }

  /// An item of the gateway's own.
  init(id: String, json: String?) {
    self.id = id
    self.json = json
    isHidden = true
  }

  init(id: String, _ item: ConversationItem, isHidden: Bool, limit: Int) {
    self.id = id
    self.isHidden = isHidden
    learn(item, limit: limit)
  }

  /// Upstream shows it again; what it left out is kept.
  mutating func learn(_ item: ConversationItem, limit: Int) {
    switch item.type {
    case "message":
      role = item.role ?? role
      isInterrupted = isInterrupted || item.status == "incomplete"
      for (index, part) in item.parts.prefix(Self.maxParts).enumerated() { learn(part, at: index, limit: limit) }
      if let role { json = message(role: role) }
    case "function_call":
      guard let call = item.callID, let name = item.name else { return }
      let arguments = item.arguments.flatMap { $0.isEmpty ? nil : $0 } ?? "{}"
      json = """
        {"id":\(JSONText.quoted(id)),"type":"function_call","call_id":\(JSONText.quoted(call)),"name":\(JSONText.quoted(name)),\
        "arguments":\(JSONText.quoted(Self.cut(arguments, to: limit)))}
        """
    case "function_call_output":
      guard let call = item.callID else { return }
      json = UpstreamCommand.functionOutput(id: id, call: call, output: Self.cut(item.output ?? "", to: limit))
    default: break  // A tool server's calls, for example, cannot be created by a client.
    }
  }

  /// Keeps no more of a part than will be said of it.
  private mutating func learn(_ part: ConversationItem.Part, at index: Int, limit: Int) {
    while parts.count <= index { parts.append(.other) }
    if case .audio(nil) = part, case .audio = parts[index] { return }
    parts[index] = .other
    let room = max(0, limit - parts.reduce(0) { $0 + $1.bytes })
    parts[index] =
      switch part {
      case .text(let words): .text(Self.cut(words, to: room))
      case .audio(let transcript): .audio(transcript: transcript.map { Self.cut($0, to: room) })
      // A large one is said to have been there.
      case .image(let json): json.utf8.count <= room ? part : .text("[an image]")
      case .other: .other
      }
  }

  mutating func transcribed(_ words: ControlEvent.Words, limit: Int) {
    guard (0..<Self.maxParts).contains(words.contentIndex) else { return }
    learn(.audio(transcript: words.text), at: words.contentIndex, limit: limit)
    json = message(role: role ?? "user")
    role = role ?? "user"
  }

  mutating func truncate(at heard: Double, of length: Double?) {
    isInterrupted = true
    cut = (heard, length)
    if let role { json = message(role: role) }
  }

  // MARK: -

  /// Nil where no word and no image is known.
  private func message(role: String) -> String? {
    let type = role == "assistant" ? "output_text" : "input_text"
    func text(_ words: String) -> String? {
      let kept = spoken(words)
      return kept.isEmpty ? nil : "{\"type\":\"\(type)\",\"text\":\(JSONText.quoted(kept))}"
    }
    let content = parts.compactMap { part -> String? in
      switch part {
      case .text(let words): text(words)
      case .audio(let transcript): transcript.flatMap(text)
      case .image(let json): json
      case .other: nil
      }
    }
    guard !content.isEmpty else { return nil }
    let status = isInterrupted ? "\"status\":\"incomplete\"," : ""
    return """
      {"id":\(JSONText.quoted(id)),"type":"message","role":\(JSONText.quoted(role)),\(status)"content":[\(content.joined(separator: ","))]}
      """
  }

  /// The words that fall into the part that was heard: in proportion, or by fifteen letters a second where the length is not known.
  private func spoken(_ words: String) -> String {
    guard let cut else { return words }
    let share = cut.length.map { $0 > 0 ? cut.heard / $0 : 0 }
    let letters = share.map { Double(words.count) * min(1, $0) } ?? min(Double(words.count), cut.heard * 15 / 1_000)
    guard Int(letters) < words.count else { return words }
    let heard = words.prefix(Int(letters))
    return String(heard.lastIndex(of: " ").map { heard[..<$0] } ?? heard.prefix(0))
  }

  /// Text of at most `limit` bytes, cut between characters.
  private static func cut(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    return text.cut(toBytes: max(0, limit - 3)) + "…"
  }
}

extension ConversationItem.Part {
  fileprivate var bytes: Int {
    switch self {
    case .text(let words): words.utf8.count
    case .audio(let transcript): transcript?.utf8.count ?? 0
    case .image(let json): json.utf8.count
    case .other: 0
    }
  }
}
