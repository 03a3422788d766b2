import Foundation
import Logging
import Testing
import VoiceAuth

@testable import VoiceServer

@Suite final class FlagsFileTests {
  private let path = FileManager.default.temporaryDirectory.appendingPathComponent("voice-flags-\(UUID().uuidString).json").path
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }

  private func file() -> FlagsFile {
    var settings = Settings.Admission()
    settings.flagsFile = path
    return FlagsFile(settings, logger: logger)
  }

  @Test func `the file overrides the settings, and what it leaves out stays`() throws {
    try write(#"{"enabled":true,"rollout_percent":5,"beta_users":["ada"]}"#)
    let flags = file().flags
    #expect(flags.isEnabled && flags.rolloutPercent == 5 && flags.betaUsers == ["ada"])
    #expect(flags.allowedPlans == ["elite", "intelia"])
  }

  @Test func `a change is in force after the next look, and what a file no longer says is the setting's again`() throws {
    try write(#"{"enabled":true,"rollout_percent":5}"#)
    let file = file()
    try write(#"{"rollout_percent":50}"#)
    file.look()
    #expect(!file.flags.isEnabled && file.flags.rolloutPercent == 50)
  }

  @Test(arguments: [#"{"enabled":"#, "", "[]", #"{"enabled":"yes"}"#, #"{"rollout_percent":101}"#, #"{"beta_users":"ada"}"#])
  func `a broken file keeps the last good one in force`(broken: String) throws {
    try write(#"{"enabled":true}"#)
    let file = file()
    try write(broken)
    file.look()
    #expect(file.flags.isEnabled)
    try FileManager.default.removeItem(atPath: path)
    file.look()
    #expect(file.flags.isEnabled)
  }

  @Test(arguments: [#"{"enabled":"#, "", "[]", #"{"enabled":"yes"}"#, #"{"rollout_percent":101}"#])
  func `a check fails for a broken file and names the setting`(broken: String) throws {
    var settings = Settings.Admission()
    settings.flagsFile = path
    #expect { try FlagsFile.judge(settings) } throws: { "\($0)".hasPrefix("VOICE_FLAGS_FILE: ") }
    try write(broken)
    #expect { try FlagsFile.judge(settings) } throws: { "\($0)".hasPrefix("VOICE_FLAGS_FILE: cannot be used; ") }
    try write(#"{"enabled":true,"percent":5}"#)
    #expect(try FlagsFile.judge(settings) == ["percent"])
    settings.flagsFile = nil
    #expect(try FlagsFile.judge(settings) == [])
  }

  @Test func `a file that is not there leaves the settings in force until it comes`() throws {
    let file = file()
    #expect(!file.flags.isEnabled)
    try write(#"{"enabled":true}"#)
    file.look()
    #expect(file.flags.isEnabled)
  }
}
