/// Chooses the tool that a text asks for, and its arguments.
struct ToolChooser {
  var tools: [JSON]
  /// `auto`, `none`, `required` or an object that names a function.
  var choice: JSON

  func call(for text: String) -> Answer? {
    let functions = tools.filter { $0["type"]?.string == "function" && $0["name"]?.string != nil }
    guard !functions.isEmpty, choice.string != "none" else { return nil }
    let tool: JSON?
    if let name = choice["name"]?.string {
      tool = functions.first { $0["name"]?.string == name }
    } else {
      let stems = Words.stems(text)
      let best = functions.max { score($0, stems) < score($1, stems) }
      tool = best.flatMap { score($0, stems) >= 2 || choice.string == "required" ? $0 : nil }
    }
    guard let tool, let name = tool["name"]?.string else { return nil }
    return .call(name: name, arguments: ArgumentWriter(text: text).arguments(tool["parameters"]).text)
  }

  /// A word of the name counts twice a word of the description.
  private func score(_ tool: JSON, _ stems: Set<String>) -> Int {
    let name = Words.stems((tool["name"]?.string ?? "").replacing("_", with: " ").replacing("-", with: " "))
    let description = Words.stems(tool["description"]?.string ?? "").subtracting(name)
    return 2 * name.intersection(stems).count + description.intersection(stems).count
  }
}
