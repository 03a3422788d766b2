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
    (["serve"], "Unexpected argument 'serve'"),
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
}
