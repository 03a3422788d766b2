import ArgumentParser
import VoiceCore
import VoiceGateway

/// `voice-server end`: ends sessions, wherever they run, and forgets them.
struct EndCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "end", abstract: "End sessions of a running gateway, on whichever instance they run, and forget them.",
    discussion: "All that are named are tried; exit 1 if one of them was not ended.")

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
      guard try await Self.end(names, by: client, print: Console.print, complain: Console.error) else { throw ExitCode.failure }
    }
  }

  /// Ends each of `names`, a line each. Returns false if one was not ended.
  ///
  /// - Throws: ``AdminError`` for what is the same for all of them: no answer, or a token that is not accepted.
  static func end(
    _ names: [String], by client: AdminClient, print: (String) -> Void, complain: (String) -> Void
  ) async throws -> Bool {
    var isWhole = true
    for name in names {
      do {
        try await client.delete("/v1/voice/sessions/\(PercentCoding.encoded(name))")
        print("\(name) ended")
      } catch let error as AdminError where error.status != nil {
        complain("\(name) not ended: \(error)")
        isWhole = false
      }
    }
    return isWhole
  }
}
