/// A script that cannot be read.
public struct SimulatorScriptError: Error, Equatable, CustomStringConvertible {
  /// Counted from 1.
  public var line: Int
  /// Description of the problem.
  public var problem: String

  /// Creates a simulator script error.
  public init(line: Int, problem: String) {
    self.line = line
    self.problem = problem
  }

  public var description: String { "line \(line) of the script: \(problem)" }
}
