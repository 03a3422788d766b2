import ArgumentParser
import VoiceCore
import VoiceGateway

/// `voice-server end`: ends sessions, wherever they run, and forgets them.
struct EndCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "end", abstract: "End sessions of a running gateway, on whichever instance they run, and forget them.")

  @Argument(help: "Ids of sessions.") var sessions: [String] = []
  @Option(help: "End all sessions of this user.") var user: String?
  @OptionGroup var options: AdminOptions

  func validate() throws {
    guard sessions.isEmpty != (user == nil) else { throw ValidationError("Name sessions, or a user with --user") }
  }

  func run() async throws {
    let client = try options.client()
    try await AdminError.told {
      var names = sessions
      if let user { names = try await client.get(SessionList.self, SessionList.route(of: user)).sessions.map(\.sessionID) }
      if names.isEmpty { Console.print("no sessions") }
      for name in names {
        try await client.delete("/v1/voice/sessions/\(PercentCoding.encoded(name))")
        Console.print("\(name) ended")
      }
    }
  }
}
