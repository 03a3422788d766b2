import ArgumentParser

/// `voice-server`: a realtime voice gateway. Alone it is `voice-server run`.
@main
struct VoiceServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "voice-server",
    abstract: "A realtime voice gateway: one WebSocket in, relayed both ways to the OpenAI Realtime API.",
    version: Version.current,
    subcommands: [
      RunCommand.self, DemoCommand.self, SimulateCommand.self, TokenCommand.self, CheckCommand.self, ProbeCommand.self,
      RAGCommand.self, LoadCommand.self, SessionsCommand.self, EndCommand.self, LimitsCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  /// Names of the commands, as they are typed.
  static var commands: [String] { configuration.subcommands.compactMap { $0.configuration.commandName } }
}
