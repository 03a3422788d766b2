import Foundation
import VoiceCore

/// A question and the source that answers it.
struct EvalQuestion: Decodable, Equatable {
  let question: String
  let source: String

  /// The line that is none of the forms; nil where there is no question at all.
  struct Malformed: Error, Equatable { var line: Int? }

  static func list(_ text: String) throws(Malformed) -> [EvalQuestion] {
    if let array = try? JSONDecoder().decode([EvalQuestion].self, from: Data(text.utf8)), !array.isEmpty { return array }
    var questions: [EvalQuestion] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
    for (number, line) in lines where line.contains(where: { !$0.isWhitespace }) {
      if line.first == "{" {
        guard let one = try? JSONDecoder().decode(EvalQuestion.self, from: Data(line.utf8)) else { throw Malformed(line: number + 1) }
        questions.append(one)
      } else {
        let parts = line.split(separator: "\t", maxSplits: 1)
        guard parts.count == 2 else { throw Malformed(line: number + 1) }
        questions.append(EvalQuestion(question: String(parts[0]), source: String(parts[1].trimmed)))
      }
    }
    guard !questions.isEmpty else { throw Malformed() }
    return questions
  }
}
