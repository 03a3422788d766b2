import VoiceCore

/// One thing that `check` looks at.
struct Probe: Sendable {
  struct Failure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }

  struct Outcome: Sendable, Equatable {
    var isGood: Bool
    var line: String
  }

  let name: String
  /// Says in a few words what was found, or throws. Has a deadline of its own.
  let look: @Sendable () async throws -> String

  /// `ok    upstream       312.5 ms  wss://api.openai.com/v1/realtime, session.created`.
  func measured() async -> Outcome {
    let start = ContinuousClock.now
    do {
      let found = try await look()
      return Outcome(isGood: true, line: line("ok", ContinuousClock.now - start, found))
    } catch {
      return Outcome(isGood: false, line: line("fail", ContinuousClock.now - start, "\(error)"))
    }
  }

  private func line(_ verdict: String, _ time: Duration, _ text: String) -> String {
    let microseconds = time.components.attoseconds / 1_000_000_000_000 + time.components.seconds * 1_000_000
    let milliseconds = "\(microseconds / 1_000).\(microseconds / 100 % 10) ms"
    return Self.pad(verdict, 6) + Self.pad(name, 12) + String(repeating: " ", count: max(0, 10 - milliseconds.count)) + milliseconds + "  "
      + text
  }

  private static func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
}
