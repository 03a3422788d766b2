/// Writes arguments that a JSON schema allows, with values from the user's words where they can be found.
struct ArgumentWriter {
  var text: String

  private var words: [Substring] { text.split { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "@" && $0 != "." } }
  private static let maxDepth = 6

  /// Writes arguments that fit a tool's `parameters`.
  func arguments(_ schema: JSON?) -> JSON { object(schema ?? [:], depth: 0) }

  /// All that is required; of the rest, what the text names.
  private func object(_ schema: JSON, depth: Int) -> JSON {
    let required = schema["required"]?.array?.compactMap(\.string)
    var result = JSONObject([])
    for (name, property) in schema["properties"]?.object?.members ?? [] {
      let isNamed = property["enum"]?.array?.contains { mentioned($0) } ?? false
      if isNamed || required?.contains(name) ?? true { result[name] = value(name, property, depth: depth + 1) }
    }
    return .object(result)
  }

  private func value(_ name: String, _ schema: JSON, depth: Int) -> JSON {
    guard depth < Self.maxDepth else { return .null }
    if let options = schema["enum"]?.array, let first = options.first { return options.first(where: mentioned) ?? first }
    if let constant = schema["const"] ?? schema["default"] { return constant }
    switch type(of: schema) {
    case "integer": return .int(bounded(numbers.first ?? schema["minimum"]?.number ?? 1, schema))
    case "number": return .double(numbers.first ?? schema["minimum"]?.number ?? 1)
    case "boolean": return true
    case "array": return schema["items"].map { [value(name, $0, depth: depth + 1)] } ?? []
    case "object": return object(schema, depth: depth)
    case "null": return .null
    default: return .string(string(name.lowercased(), schema["format"]?.string))
    }
  }

  /// The first of several that is not `null`.
  private func type(of schema: JSON) -> String {
    if let types = schema["type"]?.array { return types.compactMap(\.string).first { $0 != "null" } ?? "string" }
    return schema["type"]?.string ?? (schema["properties"] == nil ? "string" : "object")
  }

  private func mentioned(_ option: JSON) -> Bool {
    guard let option = option.string else { return false }
    return Set(Words.all(text)).isSuperset(of: Words.all(option.replacing("_", with: " ")))
  }

  private var numbers: [Double] { words.compactMap { Double($0) }.filter { $0.isFinite && $0.magnitude < 1e15 } }

  private func bounded(_ number: Double, _ schema: JSON) -> Int {
    let low = max(-1e15, min(1e15, schema["minimum"]?.number ?? -1e15))
    let high = max(low, min(1e15, schema["maximum"]?.number ?? 1e15))
    return Int(min(high, max(low, number)).rounded())
  }

  private func string(_ name: String, _ format: String?) -> String {
    if format == "date" || format == "date-time" {
      return words.first { $0.count >= 8 && Self.isCode($0) }.map(String.init) ?? "2026-12-01"
    }
    if format == "email" || name.contains("email") { return words.first { $0.contains("@") }.map(String.init) ?? "ada@example.com" }
    let isCode = ["id", "number", "code", "reference", "sku"].contains { name == $0 || name.hasSuffix("_\($0)") || name.hasSuffix($0) }
    if isCode { return words.last(where: Self.isCode).map { String($0.trimmingDots) } ?? "A-1042" }
    if ["query", "question", "text", "message", "prompt", "search", "input", "content", "topic"].contains(where: name.contains) {
      return text.isEmpty ? "example" : text
    }
    return proper ?? (text.isEmpty ? "example" : text)
  }

  private static func isCode(_ word: Substring) -> Bool { word.contains(where: \.isNumber) }

  /// The last run of words with capitals that does not begin a sentence: "New York".
  private var proper: String? {
    var runs: [[Substring]] = []
    var follows = false
    for word in words.dropFirst() {
      let bare = word.trimmingDots
      if bare.first?.isUppercase ?? false, bare != "I" {
        if follows { runs[runs.count - 1].append(bare) } else { runs.append([bare]) }
        follows = true
      } else {
        follows = false
      }
    }
    return runs.last?.joined(separator: " ")
  }
}

extension Substring {
  fileprivate var trimmingDots: Substring {
    var result = self
    while result.last == "." { result.removeLast() }
    return result
  }
}
