import Foundation
import VoiceCore

/// Speech by `espeak-ng`, one short-lived process for each text.
struct EspeakVoice: Sendable {
  private let executable: String
  private static let timeLimit = Duration.seconds(5)
  /// Minutes of speech.
  private static let mostBytes = 32 << 20

  /// Nil where `espeak-ng` is not installed in one of the usual places.
  init?() {
    let places = ["/usr/bin/espeak-ng", "/usr/local/bin/espeak-ng", "/opt/homebrew/bin/espeak-ng"]
    guard let found = places.first(where: FileManager.default.isExecutableFile(atPath:)) else { return nil }
    executable = found
  }

  /// Samples at 24 kHz; nil where the process fails or takes too long. Blocks: not for an event loop.
  func samples(_ request: SpeechRequest) -> [Int16]? {
    let speed = Int(175 * request.speed)
    let process = ChildProcess(
      executable, arguments: ["--stdout", "-v", Self.variant(of: request.voice), "-s", "\(speed)", "--", request.text],
      environment: ProcessInfo.processInfo.environment, timeLimit: Self.timeLimit, mostBytes: Self.mostBytes)
    guard let outcome = try? process.run(), outcome.ending == .exited(0), let wave = WaveFile(outcome.output), !wave.samples.isEmpty
    else { return nil }
    return wave.resampled(to: 24_000)
  }

  /// The provider's voices, as near as the synthesiser's own come.
  private static func variant(of voice: String) -> String {
    switch voice {
    case "ash", "echo", "cedar": "en-us+m3"
    case "ballad", "verse": "en-us+m7"
    case "coral", "sage": "en-us+f2"
    case "shimmer", "marin": "en-us+f3"
    default: "en-us"
    }
  }
}
