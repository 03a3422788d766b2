import ArgumentParser
import Foundation
import VoiceGateway

/// `voice-server sessions`: the sessions of a user, or those that run on the instance that answers.
struct SessionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions", abstract: "List sessions of a running gateway.",
    discussion: "With a user: all of that user's that are stored, on any instance. Without: those that run on the instance that answers.")

  @Argument(help: "The user's id.") var user: String?
  @Flag(help: "Print the answer as JSON.") var json = false
  @OptionGroup var options: AdminOptions

  func run() async throws {
    let client = try options.client()
    let list = try await AdminError.told { try await client.get(SessionList.self, SessionList.route(of: user)) }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Console.print(String(decoding: try encoder.encode(list), as: UTF8.self))
    }
    for line in Self.table(list) { Console.print(line) }
  }

  static func table(_ list: SessionList) -> [String] {
    guard !list.sessions.isEmpty else { return ["no sessions"] }
    let rows = list.sessions.map { session in
      [
        session.sessionID, session.userID, session.plan ?? "-", session.model, session.isActive ? "yes" : "no", session.createdAt,
        session.updatedAt, "\(session.turns)",
      ]
    }
    let head = ["SESSION", "USER", "PLAN", "MODEL", "RUNS HERE", "BEGUN", "STORED", "TURNS"]
    return Table.lines([head] + rows)
  }
}

/// Rows in columns that are as wide as they have to be.
enum Table {
  static func lines(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      let line = zip(row, widths).map { text, width in text + String(repeating: " ", count: width - text.count) }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
