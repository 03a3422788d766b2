/// `InstructionBench NAME COUNT`: does one operation so many times, and nothing else, so that the difference between two counts is what the
/// operation costs. `InstructionBench` prints the names.
@main
enum InstructionBench {
  /// Operations, each with a function that does it a number of times.
  private static let operations: [(name: String, run: @Sendable (Int) throws -> Void)] = [
    ("scan-append", Scans.append), ("scan-control", Scans.control), ("receive-frame", ReceivedFrames.run),
    ("verify-hs256", Tokens.hs256), ("verify-es256", Tokens.es256), ("limiter-check", LimiterChecks.run),
    ("relay-up", RelayedMessages.up), ("relay-down", RelayedMessages.down), ("open-session", Openings.run),
  ]

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let count = Int(arguments[2]), let operation = operations.first(where: { $0.name == arguments[1] }) else {
      for (name, _) in operations { print(name) }
      return
    }
    try operation.run(count)
  }
}
