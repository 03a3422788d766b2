import ArgumentParser
import VoiceCore

/// `voice-server limits`: what users may still do.
struct LimitsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits", abstract: "Limits of users of a running gateway.", subcommands: [Reset.self])

  /// `limits reset USER`: the sessions that the user has begun count no more.
  struct Reset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reset", abstract: "Forget the sessions that a user has begun, so that the limit per hour begins anew.")

    @Argument(help: "The user's id.") var user: String
    @OptionGroup var options: AdminOptions

    func validate() throws {
      if user.isEmpty { throw ValidationError("USER is empty; name the user whose limit begins anew") }
    }

    func run() async throws {
      let client = try options.client()
      try await AdminError.told { try await client.delete("/v1/voice/limits/\(PercentCoding.encoded(user))") }
      Console.print("limit of \(user) reset")
    }
  }
}
