import ArgumentParser
import VoiceAuth
import VoiceCore

/// `voice-server token`: mints a development JWT from `JWT_SECRET`.
struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "token", abstract: "Mint a development JWT from JWT_SECRET.")

  @Option(help: "User id of the token.") var user: String
  @Option(help: "Plan of the user.") var plan: String?
  @Option(help: "E-mail of the user, for the application; the gateway does not read it.") var email: String?
  @Option(help: "Lifetime of the token: a number of seconds, or a number with s, m, h or d.") var ttl = Lifetime(.seconds(3_600))
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let auth = try await options.load(Self.leaveKeysToSigner).settings.auth
    guard let secret = auth.secret else {
      throw Failure.settings(
        SettingsError(["JWT_SECRET: not set; a token is signed by JWT_SECRET alone: set the gateway's, of at least 32 bytes"]))
    }
    let minter = try TokenMinter(secret: secret, configuration: auth.verification)
    Console.print(minter.mint(user: user, plan: plan, email: email, lifetime: ttl.duration, now: UnixTime.now()).expose())
  }

  /// Admits no sessions by these settings: a server may do with a public key or a key set, a signer needs the secret and says so itself.
  @Sendable static func leaveKeysToSigner(_ source: inout SettingsSource) {
    source.flags["ENABLE_VOICE_REALTIME"] = "false"
    source.flags["VOICE_FLAGS_FILE"] = ""
  }

  /// `90`, `90s`, `15m`, `1h`, `7d`.
  struct Lifetime: ExpressibleByArgument, Equatable {
    let duration: Duration
    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
      let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
      let unit = argument.last.flatMap { units[$0] }
      guard let number = StrictNumber.integer(unit == nil ? argument : String(argument.dropLast())), (1...1_000_000).contains(number) else {
        return nil
      }
      duration = .seconds(number * (unit ?? 1))
    }

    var defaultValueDescription: String { "1h" }
  }
}
