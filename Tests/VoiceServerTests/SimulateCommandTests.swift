import ArgumentParser
import Foundation
import Testing
import VoiceSimulator

@testable import VoiceServer

struct SimulateCommandTests {
  @Test func `every knob reaches the simulator`() throws {
    let script = FileManager.default.temporaryDirectory.appendingPathComponent("script-\(UUID().uuidString).jsonl")
    try #"{"user":"Hello?","assistant":"Yes."}"#.write(to: script, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: script) }
    let command = try SimulateCommand.parse([
      "--seed", "7", "--first-audio-ms", "90", "--transcript-model", "after-commit", "--drop-after", "1", "--reset-after", "2.5",
      "--stall-after", "3", "--error", "server_error", "--fatal-open", "auth", "--ping-interval", "5", "--out-of-order-transcripts",
      "--expire-after", "90", "--voice", "tones", "--script", script.path,
    ])
    var expected = SimulatorConfiguration()
    expected.seed = 7
    expected.firstAudioDelay = .milliseconds(90)
    expected.transcriptModel = .afterCommit
    expected.dropAfter = .seconds(1)
    expected.resetAfter = .milliseconds(2_500)
    expected.stallAfter = .seconds(3)
    expected.errorCode = "server_error"
    expected.fatalOpen = .auth
    expected.pingInterval = .seconds(5)
    expected.outOfOrderTranscripts = true
    expected.sessionLifetime = .seconds(90)
    expected.voice = .tones
    expected.script = [SimulatorTurn(user: "Hello?", assistant: "Yes.")]
    #expect(try command.simulation() == expected)
  }

  @Test func `without knobs it is as the library has it`() throws {
    #expect(try SimulateCommand.parse([]).simulation() == SimulatorConfiguration())
    #expect(try SimulateCommand.parse(["--ping-interval", "0"]).simulation().pingInterval == nil)
  }

  @Test(arguments: [
    ["--transcript-model", "soon"], ["--fatal-open", "all"], ["--voice", "alto"], ["--drop-after=-1"], ["--expire-after", "0"],
    ["--first-audio-ms", "600001"], ["--port", "70000"], ["--seed", "x"],
  ])
  func `a knob that is set wrong is refused`(arguments: [String]) {
    #expect(throws: (any Error).self) { try SimulateCommand.parse(arguments) }
  }
}
