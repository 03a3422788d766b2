import Foundation
import Testing

@testable import VoiceServer

@Suite struct EnvironmentFileTests {
  @Test func `names and values are read, comments and blank lines are not`() throws {
    let values = try EnvironmentFile.parse("# the port\nPORT=8081\n\n  HOST = 0.0.0.0 \nexport LOG_LEVEL=debug\nVOICE_BETA_USERS=\n")
    #expect(values == ["PORT": "8081", "HOST": "0.0.0.0", "LOG_LEVEL": "debug", "VOICE_BETA_USERS": ""])
  }

  @Test func `a value keeps what Docker would keep`() throws {
    let values = try EnvironmentFile.parse("REDIS_URL=redis://default:a#b=c@host:6379 \r\nVOICE_INSTRUCTIONS=Say # hello\n")
    #expect(values["REDIS_URL"] == "redis://default:a#b=c@host:6379")
    #expect(values["VOICE_INSTRUCTIONS"] == "Say # hello")
  }

  @Test func `quotes are taken off, and a PEM text fits on one line`() throws {
    let values = try EnvironmentFile.parse(#"A='$5 \n'"# + "\n" + #"B="one\ntwo \"three\" \\ \d""#)
    #expect(values["A"] == #"$5 \n"#)
    #expect(values["B"] == "one\ntwo \"three\" \\ \\d")
  }

  @Test(arguments: ["PORT", "=1", "1A=2", "A-B=1", #"A="x"#, "A='x", #"A="a"b""#, #"A="\"#, "A='a'b'"])
  func `a line that is no assignment is named by its number and not quoted`(_ line: String) {
    #expect(throws: SettingsError(["--env-file: line 2 is not well-formed; expected NAME=value"])) {
      _ = try EnvironmentFile.parse("# secrets\n\(line)\n")
    }
  }

  @Test(arguments: [
    ("ENABLE_VOICE_REALTIM", "ENABLE_VOICE_REALTIME"), ("SENTRY_DNS", "SENTRY_DSN"), ("REDIS_URLS", "REDIS_URL"),
    ("OPENAI_API_KEYS", "OPENAI_API_KEY"), ("OPENAI_REALTIME_MODLE", "OPENAI_REALTIME_MODEL"),
  ]) func `a name that looks like a slip of the pen gets one warning`(name: String, meant: String) {
    #expect(EnvironmentFile.typos(among: [name]) == ["\(name) in the --env-file is not a setting; did you mean \(meant)?"])
  }

  @Test func `names of other programs get none, and those that are judged anywhere do not get two`() {
    let others = ["PATH", "POST", "HOSTNAME", "DATABASE_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_DB", "OPENAI_MODEL", "SMTP_HOST", "TZ"]
    #expect(EnvironmentFile.typos(among: others + ["VOICE_URL", "VOICE_TOKEN", "JWT_SECRETS", "PORT", "REDIS_URL"]) == [])
  }

  @Test func `the example in deploy is well-formed and names only settings`() async throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("deploy/.env.example"), encoding: .utf8)
    let commented = text.split(separator: "\n").filter {
      $0.hasPrefix("# ") && $0.contains("=") && !$0.dropFirst(2).prefix { $0 != "=" }.contains(" ")
    }
    let known = Set(Settings.table.map(\.name))
    for line in commented { #expect(known.contains(String(line.dropFirst(2).prefix { $0 != "=" })), "\(line)") }
    let outcome = try await SettingsLoader.load(SettingsSource(environment: EnvironmentFile.parse(text)))
    #expect(outcome.warnings.isEmpty)
    #expect(!outcome.settings.admission.enabled)
  }
}
