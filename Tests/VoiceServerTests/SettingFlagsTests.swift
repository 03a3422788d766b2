import ArgumentParser
import Testing

@testable import VoiceServer

@Suite struct SettingFlagsTests {
  @Test func `flags carry the settings' names in small letters`() throws {
    let flags = try SettingFlags.parse([
      "--port", "80", "--voice-demo-page", "--host=::1", "--enable-voice-realtime", "false", "--log-level=",
    ])
    #expect(flags == ["PORT": "80", "VOICE_DEMO_PAGE": "true", "HOST": "::1", "ENABLE_VOICE_REALTIME": "false", "LOG_LEVEL": ""])
  }

  @Test(arguments: [
    (["--prot", "80"], "Unknown option '--prot'; did you mean --port?"), (["--port"], "Missing value for '--port'"),
    (["serve"], "Unexpected argument 'serve'; voice-server --help lists the commands"),
    (["chek"], "Unexpected argument 'chek'; did you mean voice-server check?"),
    (["tokne"], "Unexpected argument 'tokne'; did you mean voice-server token?"),
  ])
  func `what is no flag is refused by one line`(arguments: [String], line: String) {
    #expect(throws: SettingFlags.Failure(description: line)) { try SettingFlags.parse(arguments) }
  }

  @Test func `help names every setting with its flag and its default`() {
    for setting in Settings.table {
      #expect(SettingFlags.help.contains("\(setting.name)  \(setting.flag)\n"))
    }
    #expect(SettingFlags.help.contains("(default: 127.0.0.1)"))
  }

  @Test func `help stands in a terminal of 80 columns as it is written, each setting with lines of its own`() {
    let lines = SettingFlags.help.split(separator: "\n").dropFirst()
    #expect(lines.filter { $0.count > 79 } == [])
    #expect(lines.filter { !$0.hasPrefix("    ") }.count == Settings.table.count)
  }

  @Test func `help as it is printed continues no line at the left edge`() {
    let help = RunCommand.helpMessage(columns: 80)
    let settings = help.split(separator: "\n").drop { !$0.hasPrefix("HOST  --host") }.prefix { !$0.hasPrefix("USAGE:") }
    let names = Set(Settings.table.map { "\($0.name)  \($0.flag)" })
    #expect(settings.filter { !$0.hasPrefix("    ") && !names.contains(String($0)) } == [])
    #expect(settings.count > 2 * names.count)
  }
}
