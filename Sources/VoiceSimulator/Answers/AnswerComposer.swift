import VoiceCore

/// Finds an answer: the script's words, a tool call, or a sentence that shows what was understood and read.
struct AnswerComposer {
  var items: [ContextItem]
  /// Tools of the response, or those of the session if it names none.
  var tools: [JSON] = []
  var toolChoice: JSON = "auto"
  /// The response's own; nil where the session's are in force.
  var instructions: String?
  var turn: SimulatorTurn?

  private static let story = """
    Once upon a time, in a quiet village between two rivers, there lived a clockmaker who could mend anything but her own old watch. \
    Every evening she put it on the table and listened to it not ticking. One winter a traveller came and left a box with a single gear \
    in it. She tried the gear, and the watch began to run, but backwards. Since then, they say, the evenings in that village are a little \
    longer than anywhere else.
    """

  /// Bytes that are read of a question and of each background text, and how many of these: the newest.
  private static let maxQuestion = 4_000
  private static let maxBackground = 32_768
  private static let maxBackgrounds = 16
  /// Bytes of a question that are said back, and of a passage.
  private static let maxEcho = 600

  func compose() -> Answer {
    // What is answered: the newest that is neither background nor the assistant's own.
    let last = items.last { $0.speaker != .system }
    if let last, last.speaker == .callOutput { return answer(toOutput: last.text.cut(toBytes: Self.maxBackground)) }
    if let tool = turn?.tool { return .call(name: tool.name, arguments: tool.arguments) }
    let question = (last?.speaker == .user ? last?.text ?? "" : "").cut(toBytes: Self.maxQuestion)
    if let call = ToolChooser(tools: tools, choice: toolChoice).call(for: question) { return call }
    if let assistant = turn?.assistant { return .say(assistant) }
    if let word = oneWord(for: question) { return .say(word) }
    if question.isEmpty {
      return .say(items.contains { $0.speaker != .system } ? "Are you still there?" : "Hello! How can I help you today?")
    }
    let system = items.filter { $0.speaker == .system }.suffix(Self.maxBackgrounds).map { $0.text.cut(toBytes: Self.maxBackground) }
    if let passage = PassageFinder(texts: system).passage(for: question) { return .say(passage.cut(toBytes: 2 * Self.maxEcho)) }
    let words = Set(Words.all(question))
    if words.contains("story") { return .say(Self.story) }
    if words.count < 6, !words.isDisjoint(with: ["hello", "hi", "hey", "greetings"]) {
      return .say("Hello! I hear you well. How can I help you?")
    }
    let echo = question.cut(toBytes: Self.maxEcho)
    return .say("I heard you say: \(echo)" + (echo.utf8.count < question.utf8.count ? "…" : ""))
  }

  /// A tool that is asked for by name, even now; else the output in words.
  private func answer(toOutput output: String) -> Answer {
    if toolChoice["name"]?.string != nil,
      let call = ToolChooser(tools: tools, choice: toolChoice).call(for: output.cut(toBytes: Self.maxQuestion))
    {
      return call
    }
    return .say(turn?.assistant ?? "Here is what I found: \(Self.inWords(output)).")
  }

  /// JSON without its brackets: `status is shipped, eta is Friday`.
  private static func inWords(_ output: String) -> String {
    func words(_ value: JSON) -> String {
      switch value {
      case .string(let text): text
      case .array(let elements): elements.prefix(5).map(words).joined(separator: ", ")
      case .object(let object):
        object.members.prefix(8).map { "\($0.name.replacing("_", with: " ")) is \(words($0.value))" }.joined(separator: ", ")
      case .null, .bool, .int, .double: value.text
      }
    }
    let text = JSON.parse(output).map(words) ?? output
    return String(text.prefix(400).trimmingSuffix { $0 == "." || $0.isWhitespace })
  }

  /// Instructions such as "Answer with one word: travel, billing or other." name the choice: the one that the text has, else the last.
  private func oneWord(for question: String) -> String? {
    guard let instructions = instructions?.cut(toBytes: Self.maxBackground),
      let start = instructions.lowercased().firstRange(of: "one word:")?.upperBound
    else { return nil }
    let offset = instructions.lowercased().distance(from: instructions.lowercased().startIndex, to: start)
    let list = instructions.dropFirst(offset).prefix { $0 != "." && $0 != "\n" }
    let choices = Words.all(String(list)).filter { $0 != "or" && $0 != "and" }
    let stems = Words.stems(question)
    return choices.first { stems.contains(Words.stem($0)) } ?? choices.last
  }
}

extension StringProtocol {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> SubSequence {
    var end = endIndex
    while end > startIndex, isTrimmed(self[index(before: end)]) { end = index(before: end) }
    return self[..<end]
  }
}
