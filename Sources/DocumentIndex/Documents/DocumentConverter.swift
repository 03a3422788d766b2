import Foundation
import VoiceCore

/// A command that writes a document's text to its standard output.
public struct DocumentConverter: Sendable, Equatable {
  /// Format of the text that comes out.
  public enum Format: String, Sendable {
    /// Plain text.
    case text
    /// Markdown: headings begin passages.
    case markdown
    /// HTML: tags are removed, headings begin passages.
    case html
    /// `word/document.xml` of a DOCX.
    case wordXML
  }

  /// The program, looked up in PATH, and its arguments; `{}` is the file, the last argument where none says so.
  public var command: [String]
  /// Format of the command's output.
  public var format: Format
  /// Longest run; a command that takes longer is stopped, and its document is left out.
  public var timeout: Duration
  private static let mostBytes = 32 << 20

  /// Creates a document converter.
  public init(command: [String], format: Format = .text, timeout: Duration = .seconds(60)) {
    self.command = command
    self.format = format
    self.timeout = timeout
  }

  /// PDF by pdftotext of poppler, DOCX by unzip.
  public static let standard: [String: DocumentConverter] = [
    "pdf": DocumentConverter(command: ["pdftotext", "-q", "-enc", "UTF-8", "{}", "-"]),
    "docx": DocumentConverter(command: ["unzip", "-p", "{}", "word/document.xml"], format: .wordXML),
  ]

  /// A list such as `pdf=pdftotext {} -,odt=pandoc -t markdown {}`; nil where it is none.
  public static func list(_ text: String) -> [String: DocumentConverter]? {
    var converters = standard
    for entry in text.split(separator: ",") {
      let parts = entry.split(separator: "=", maxSplits: 1)
      let words = parts.last?.split(separator: " ").map(String.init) ?? []
      let ending = parts.first.map { $0.trimmed.drop { $0 == "." }.lowercased() } ?? ""
      guard parts.count == 2, !ending.isEmpty, ending.allSatisfy({ $0.isLetter || $0.isNumber }), !words.isEmpty else { return nil }
      let format: Format = words.contains("markdown") || words.contains("gfm") ? .markdown : words.contains("html") ? .html : .text
      converters[ending] = DocumentConverter(command: words, format: format)
    }
    return converters
  }

  /// - Throws: ``DocumentError``.
  func text(of path: String) throws -> DecodedText {
    // A file's name is no option of the program.
    let file = path.hasPrefix("-") ? "./" + path : path
    var arguments = command.map { $0.replacing("{}", with: file) }
    if !command.contains(where: { $0.contains("{}") }) { arguments.append(file) }
    guard let name = command.first, let program = Self.find(name) else {
      throw DocumentError(reason: "\(command.first ?? "the converter") is not installed")
    }
    let process = ChildProcess(
      program, arguments: Array(arguments.dropFirst()),
      environment: ["PATH": Self.searchPath, "LC_ALL": "C.UTF-8", "HOME": NSTemporaryDirectory()], timeLimit: timeout,
      mostBytes: Self.mostBytes)
    let outcome: ChildProcess.Outcome
    do throws(ChildProcess.StartError) { outcome = try process.run() } catch {
      throw DocumentError(reason: "\(name) cannot be run: \(error)")
    }
    switch outcome.ending {
    case .exited(0): break
    case .exited(let status): throw DocumentError(reason: "\(name) failed with status \(status)")
    case .signalled(let signal): throw DocumentError(reason: "\(name) was ended by signal \(signal)")
    case .outOfTime: throw DocumentError(reason: "\(name) took longer than \(timeout / .seconds(1)) s and was stopped")
    case .tooLong: throw DocumentError(reason: "\(name) wrote more than \(Self.mostBytes >> 20) MiB and was stopped")
    }
    guard let text = TextEncoding.text(of: outcome.output) else { throw DocumentError(reason: "\(name) wrote no text") }
    return text
  }

  private static let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"

  private static func find(_ name: String) -> String? {
    if name.contains("/") { return FileManager.default.isExecutableFile(atPath: name) ? name : nil }
    return searchPath.split(separator: ":").map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
