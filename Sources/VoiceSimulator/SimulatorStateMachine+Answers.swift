import Foundation

/// What is answered: the script's words, a tool call, or a sentence that shows what was understood.
extension SimulatorStateMachine {
  /// What an item says, as text.
  func spoken(by item: Item) -> String {
    if let heard = heard[item.id] { return heard }
    let parts = item.json["content"]?.array ?? []
    let text = parts.compactMap { $0["text"]?.string ?? $0["transcript"]?.string }.joined(separator: " ")
    return text.isEmpty ? item.json["output"]?.string ?? "" : text
  }

  mutating func answer(to context: [Item], _ wish: JSON, isText: Bool) -> (Response.Kind, String) {
    let spokenKind: Response.Kind = isText ? .text : .audio
    let scripted = configuration.script.isEmpty || turn == 0 ? nil : configuration.script[(turn - 1) % configuration.script.count]
    let last = context.last { ["user", nil].contains($0.json["role"]?.string) }
    let isToolAnswer = last?.json["type"]?.string == "function_call_output"
    if !isToolAnswer, let tool = scripted?.tool {
      return (.call(name: tool.name, id: generator.id("call_"), arguments: tool.arguments), "")
    }
    let question = last.map(spoken(by:)) ?? ""
    if let call = toolCall(for: question, wish, isToolAnswer: isToolAnswer) { return (call, "") }
    if isToolAnswer { return (spokenKind, "Here is what I found: \(question)") }
    if let assistant = scripted?.assistant { return (spokenKind, assistant) }
    if let passage = passage(in: context) { return (spokenKind, "From what I read: \(passage)") }
    if question.isEmpty { return (spokenKind, "Hello! How can I help?") }
    return (spokenKind, "I heard you say: \(question)")
  }

  /// The first words of the newest system item: what a retrieval put there can be heard.
  private func passage(in context: [Item]) -> String? {
    guard let item = context.last(where: { $0.json["role"]?.string == "system" }) else { return nil }
    let words = spoken(by: item).split(whereSeparator: \.isWhitespace)
    return words.isEmpty ? nil : words.suffix(60).prefix(40).joined(separator: " ")
  }

  private mutating func toolCall(for question: String, _ wish: JSON, isToolAnswer: Bool) -> Response.Kind? {
    let tools = (wish["tools"] ?? session["tools"])?.array ?? []
    let choice = wish["tool_choice"] ?? session["tool_choice"] ?? "auto"
    guard !tools.isEmpty, choice.string != "none" else { return nil }
    let words = Set(question.lowercased().split { !$0.isLetter }.map(String.init))
    let tool: JSON?
    if let name = choice["name"]?.string {
      tool = tools.first { $0["name"]?.string == name }
    } else if isToolAnswer {
      tool = nil
    } else {
      let named = tools.first { tool in
        (tool["name"]?.string ?? "").lowercased().split(separator: "_").contains { $0.count > 3 && words.contains(String($0)) }
      }
      tool = named ?? (choice.string == "required" ? tools[0] : nil)
    }
    guard let tool, let name = tool["name"]?.string else { return nil }
    return .call(name: name, id: generator.id("call_"), arguments: arguments(for: tool, question))
  }

  /// Arguments that the schema allows, taken from the question where it has a name in it.
  private func arguments(for tool: JSON, _ question: String) -> String {
    var result: JSON = [:]
    for (name, property) in tool["parameters"]?["properties"]?.object ?? [:] {
      switch property["type"]?.string {
      case "integer", "number": result[name] = .number(question.split { !$0.isNumber }.compactMap { Double($0) }.first ?? 1)
      case "boolean": result[name] = true
      case "array": result[name] = []
      case "object": result[name] = [:]
      default:
        let names = question.split { !$0.isLetter && !$0.isNumber && $0 != "-" }.dropFirst().filter { $0.first?.isUppercase ?? false }
        result[name] = property["enum"]?.array?.first ?? .string(names.last.map(String.init) ?? "example")
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let data = try? encoder.encode(result) else { preconditionFailure("JSON values can be encoded") }
    return String(decoding: data, as: UTF8.self)
  }
}
