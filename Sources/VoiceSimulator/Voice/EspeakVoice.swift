import Foundation

/// Speech by `espeak-ng`, one short-lived process for each text.
struct EspeakVoice: Sendable {
  private let executable: String
  private static let timeLimit = 5.0

  /// Nil where `espeak-ng` is not installed in one of the usual places.
  init?() {
    let places = ["/usr/bin/espeak-ng", "/usr/local/bin/espeak-ng", "/opt/homebrew/bin/espeak-ng"]
    guard let found = places.first(where: FileManager.default.isExecutableFile(atPath:)) else { return nil }
    executable = found
  }

  /// Samples at 24 kHz; nil where the process fails or takes too long. Blocks: not for an event loop.
  func samples(_ request: SpeechRequest) -> [Int16]? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    let speed = Int(175 * request.speed)
    process.arguments = [
      "--stdout", "-v", Self.variant(of: request.voice), "-s", "\(speed)", "--", request.text,
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let alarm = DispatchWorkItem { process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.timeLimit, execute: alarm)
    let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    alarm.cancel()
    guard process.terminationStatus == 0, let wave = WaveFile(data), !wave.samples.isEmpty else { return nil }
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
