import Foundation
import Testing

/// How strictly times are judged: to the promised figures where nothing else runs (`make test-faults`), else as on a busy machine.
enum Times {
  private static let environment = ProcessInfo.processInfo.environment
  static let areStrict = environment["VOICE_TEST_STRICT"] == "true"
  /// Servers that fail over take their time.
  static let hasFaults = environment["VOICE_TEST_FAULTS"] == "true"
  /// For commands of which the time is not the point.
  static let unhurried = Duration.seconds(60)

  /// The deadline of a command.
  static let command = Duration.milliseconds(areStrict ? 250 : 2_500)

  /// What a command may take.
  ///
  /// - Parameter lag: how late this process ran what was due. A command waits for its task more than once.
  static func bound(lag: Duration) -> Duration { areStrict ? command + .milliseconds(50) + lag : command * 4 + lag * 4 }

  /// - Parameter duration: as promised.
  static func relaxed(_ duration: Duration) -> Duration { areStrict ? duration : duration * 10 }

  struct Never: Error, CustomStringConvertible { var description: String }

  /// Waits for what must come, however slow the machine is.
  static func until(
    _ what: String, within limit: Duration = .seconds(120), _ isSo: () async throws -> Bool
  ) async throws {
    let started = ContinuousClock.now
    while try await !isSo() {
      guard ContinuousClock.now - started < limit else { throw Never(description: "never: \(what)") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

extension Trait where Self == ConditionTrait {
  static var isWantedWithFaults: Self { .enabled(if: Times.hasFaults, "make test-faults runs it") }
}
