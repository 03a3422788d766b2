import ArgumentParser
import Foundation
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle
import SystemPackage
import UnixSignals
import VoiceAuth
import VoiceCore
import VoiceTelemetry
import VoiceTransport

/// `voice-server load`: plays speakers against a gateway, and says what it takes.
struct LoadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load", abstract: "Play speakers against a gateway: latencies, errors, and the number of sessions at which it is full.",
    discussion: """
      Each speaker has a token of its own, signed with JWT_SECRET, asks, listens, and asks again. Do it against a gateway whose upstream is \
      voice-server simulate, or it costs money. The gateway's VOICE_MAX_CONNECTIONS_PER_IP has to let them in.
      """)

  @Option(help: "How many speak at once.") var sessions = 20
  @Option(help: "How many come in a second.") var rate = 5.0
  @Option(help: "Seconds for which they go on after the last one has come.") var hold = 30.0
  @Option(help: ArgumentHelp("The gateway: http://, https://, or a whole ws:// or wss:// address.", valueName: "url"))
  var url = "http://127.0.0.1:8080"
  @Option(help: "Users that the sessions are spread over; as many as sessions where none is named.") var users: Int?
  @Option(help: "The users' plan; the first that is allowed where none is named.") var plan: String?
  @Option(help: ArgumentHelp("A file of tokens, one a line, in place of JWT_SECRET.", valueName: "file")) var tokens: String?
  @Option(help: ArgumentHelp("A WAV file that is said, 16 bit mono; a hum where none is named.", valueName: "file")) var audio: String?
  @Option(help: "The p95 of turns in milliseconds above which the gateway counts as full.") var limitMs = 800

  func validate() throws {
    guard (1...100_000).contains(sessions), (1...100_000).contains(users ?? 1) else {
      throw ValidationError("--sessions and --users are numbers from 1 to 100000")
    }
    guard (0.01...10_000).contains(rate) else { throw ValidationError("--rate is a number from 0.01 to 10000") }
    guard (0...86_400).contains(hold) else { throw ValidationError("--hold is a number from 0 to 86400") }
    guard (1...600_000).contains(limitMs) else { throw ValidationError("--limit-ms is a number from 1 to 600000") }
  }

  func run() async throws {
    guard let address = Self.address(url) else { throw Failure.line("--url: expected http://, https://, ws:// or wss:// and a host") }
    let given = try await givenTokens()
    let wanted = LoadPlan(
      sessions: sessions, rate: rate, hold: .seconds(hold), latencyLimit: .milliseconds(limitMs))
    let tally = NIOLockedValueBox(LoadTally(plan: wanted))
    let isTerminal = isatty(STDERR_FILENO) == 1
    let run = LoadRun(
      plan: wanted, speech: try speech(),
      connector: NIORealtimeConnector(
        tls: try NIORealtimeConnector.tls(authoritiesFile: ProcessInfo.processInfo.environment["SSL_CERT_FILE"])),
      group: MultiThreadedEventLoopGroup.singleton,
      target: { number in
        RealtimeTarget(url: address, headers: [.authorization: "Bearer \(given[number % given.count].expose())"], timeout: .seconds(15))
      },
      progress: { line in Console.write(isTerminal ? "\r\u{1B}[K\(line)" : line + "\n", to: .standardError) }, tally: tally)
    let quiet = Logger(label: "load") { _ in SwiftLogNoOpLogHandler() }
    try await ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: run, successTerminationBehavior: .gracefullyShutdownGroup)],
        gracefulShutdownSignals: [.sigint, .sigterm], logger: quiet)
    ).run()
    if isTerminal { Console.write("\n", to: .standardError) }
    for line in LoadReport.lines(tally.withLockedValue { $0 }, of: wanted) { Console.print(line) }
    if tally.withLockedValue({ $0.turns.count }) == 0 { throw ExitCode.failure }
  }

  /// The WebSocket to dial: a bare host means the gateway's own endpoint.
  static func address(_ text: String) -> String? {
    guard var parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(), let host = parts.host, !host.isEmpty,
      let dialled = ["http": "ws", "https": "wss", "ws": "ws", "wss": "wss"][scheme]
    else { return nil }
    parts.scheme = dialled
    while parts.path.hasSuffix("/") { parts.path.removeLast() }
    if parts.path.isEmpty || parts.path == "/api" { parts.path += "/v1/ws/voice" }
    return parts.string
  }

  private func speech() throws -> LoadSpeech {
    guard let audio else { return .hum }
    guard let data = FileManager.default.contents(atPath: audio), let samples = LoadAudio.samples(ofWave: data) else {
      throw Failure.line("--audio: expected a WAV file, PCM, 16 bit, mono")
    }
    return LoadSpeech(samples: samples)
  }

  private func givenTokens() async throws -> [Secret] {
    if let tokens {
      let lines = FileText.read(tokens)?.split(whereSeparator: \.isWhitespace).map { Secret(String($0)) } ?? []
      guard !lines.isEmpty else {
        throw Failure.line("--tokens: \(FileText.fault(tokens) ?? "\(tokens) is empty"); expected a file with one token a line")
      }
      return lines
    }
    var source = SettingsSource(environment: ProcessInfo.processInfo.environment)
    TokenCommand.leaveKeysToSigner(&source)
    let settings: Settings
    do { settings = try await SettingsLoader.load(source).settings } catch let error as SettingsError { throw Failure.settings(error) }
    guard let secret = settings.auth.secret else {
      throw Failure.settings(
        SettingsError(["JWT_SECRET: not set; the speakers' tokens are signed by it alone: set the gateway's, or name --tokens FILE"]))
    }
    let minter = try TokenMinter(secret: secret, configuration: settings.auth.verification)
    return (1...(users ?? sessions)).map { number in
      minter.mint(
        user: "load-\(number)", plan: plan ?? settings.admission.allowedPlans.first, lifetime: .seconds(86_400), now: UnixTime.now())
    }
  }
}
