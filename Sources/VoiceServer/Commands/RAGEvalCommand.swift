import ArgumentParser
import DocumentIndex
import Foundation
import RAGPrefetch
import VoiceCore
import VoiceGateway

/// `rag eval FILE`: how often the right source is found for an operator's own questions.
struct RAGEvalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Measure how often the right source is found: hit@1, hit@3, MRR and latency.",
    discussion: "FILE has a question a line: {\"question\":\"…\",\"source\":\"refunds.md\"} as JSON, or the question, a tab and the source."
  )

  @Argument(help: "Questions with the source that answers them: JSON lines, a JSON array, or tab-separated.") var file: String
  @Flag(help: "Print each question whose source is not among the first three.") var misses = false
  @Flag(help: "Look for changed documents over and over meanwhile, and index them, as a server does.") var refreshing = false
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let settings = try await options.load().settings
    guard let text = FileText.read(file) else { throw Failure.line("\(file): cannot be read") }
    let questions: [EvalQuestion]
    do throws(EvalQuestion.Malformed) { questions = try EvalQuestion.list(text) } catch {
      throw Failure.line(
        "\(file): \(error.line.map { "line \($0): " } ?? "")expected {\"question\":\"…\",\"source\":\"…\"}, or a question, a tab and a source"
      )
    }
    let retrieval = try RAGCommand.retrieval(settings)
    guard let retriever = retrieval.retriever else { throw Failure.line("nothing to retrieve from") }
    try await RAGCommand.prepare(retrieval)
    if retrieval.sources.count == 1, let sources = retrieval.index?.sources {
      let unknown = Set(questions.map(\.source)).filter { wanted in !sources.contains { EvalFigures.isSame($0, wanted) } }.sorted()
      if !unknown.isEmpty {
        Console.error("not in the index: \(unknown.prefix(10).joined(separator: ", "))\(unknown.count > 10 ? " …" : "")")
      }
    }
    await retriever.warmUp()
    guard refreshing, let index = retrieval.index else {
      return Console.print(await figures(questions, retriever, settings).line)
    }
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        var rounds = 0
        while !Task.isCancelled {
          _ = try? await index.refresh()
          rounds += 1
          try? await Task.sleep(for: .milliseconds(100))
        }
        return rounds
      }
      Console.print(await figures(questions, retriever, settings).line)
      group.cancelAll()
      Console.print("\(try await group.next() ?? 0) looks for changed documents meanwhile, \(Self.residentMiB) MiB resident")
    }
  }

  /// Resident memory of this process.
  private static var residentMiB: Int {
    let pages = FileText.read("/proc/self/statm")?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return (pages * Int(sysconf(Int32(_SC_PAGESIZE)))) >> 20
  }

  private func figures(_ questions: [EvalQuestion], _ retriever: any ContextRetriever, _ settings: Settings) async -> EvalFigures {
    var figures = EvalFigures()
    for question in questions {
      let query = RetrievalQuery(
        text: question.question, limit: max(10, settings.rag.topK), timeout: settings.rag.timeout)
      let start = ContinuousClock.now
      let found: [Passage]
      do { found = try await retriever.passages(for: query) } catch {
        if figures.failures == 0 { Console.error("a question failed: \(error)") }
        figures.failures += 1
        continue
      }
      let time = ContinuousClock.now - start
      let rank = figures.note(found.map { $0.source ?? $0.title ?? "" }, wanted: question.source, in: time)
      if misses, rank.map({ $0 > 3 }) ?? true { Console.print("missed: \(question.question)  (\(question.source))") }
    }
    return figures
  }
}

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
        questions.append(EvalQuestion(question: String(parts[0]), source: parts[1].trimmingSpaces()))
      }
    }
    guard !questions.isEmpty else { throw Malformed() }
    return questions
  }
}

/// Figures over questions: each source counts once, however many of its passages were found.
struct EvalFigures {
  private(set) var count = 0
  private var first = 0
  private var firstThree = 0
  private var reciprocal = 0.0
  private var nothing = 0
  private var times: [Double] = []
  var failures = 0

  static func isSame(_ source: String, _ wanted: String) -> Bool { source == wanted || source.hasSuffix("/" + wanted) }

  /// The place of the wanted source, from 1; nil where it was not found.
  mutating func note(_ sources: [String], wanted: String, in time: Duration) -> Int? {
    var different: [String] = []
    for source in sources where !different.contains(source) { different.append(source) }
    count += 1
    times.append(time / .milliseconds(1))
    if different.isEmpty { nothing += 1 }
    guard let place = different.prefix(10).firstIndex(where: { Self.isSame($0, wanted) }) else { return nil }
    if place == 0 { first += 1 }
    if place < 3 { firstThree += 1 }
    reciprocal += 1 / Double(place + 1)
    return place + 1
  }

  var line: String {
    let all = Double(max(1, count))
    let sorted = times.sorted()
    func percentile(_ share: Double) -> Double {
      sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
    }
    return String(
      format: "hit@1 %.3f  hit@3 %.3f  MRR %.3f  of %d questions, %d without any answer, %d failed  p50 %.1f ms  p99 %.1f ms",
      Double(first) / all, Double(firstThree) / all, reciprocal / all, count, nothing, failures, percentile(0.5), percentile(0.99))
  }
}
