/// One sentence that every implementation of a port must live up to, and how that is tried.
///
/// Knows of no test framework: run it where you like, for example as an argument of a parameterized test. Each rule needs a fresh
/// subject, or one whose data no other rule shares: users and sessions are drawn at random.
public struct ConformanceRule<Subject: Sendable>: Sendable, CustomStringConvertible {
  /// The rule, as a sentence.
  public let description: String
  private let body: @Sendable (Subject) async throws -> Void

  init(_ description: String, _ body: @escaping @Sendable (Subject) async throws -> Void) {
    self.description = description
    self.body = body
  }

  /// Throws ``ConformanceViolation`` where the subject does not live up to the rule, and the subject's own errors.
  public func check(_ subject: Subject) async throws {
    do { try await body(subject) } catch var violation as ConformanceViolation {
      violation.rule = description
      throw violation
    }
  }
}

/// Violation of a port's contract by an implementation.
public struct ConformanceViolation: Error, Sendable, CustomStringConvertible {
  /// Sentence of the rule that was broken.
  public internal(set) var rule = ""
  /// Expectation that was not met.
  public let detail: String
  /// Line of the expectation in the suite.
  public let line: UInt
  public var description: String { "\(rule): \(detail) (line \(line))" }
}

func require(_ condition: Bool, _ detail: @autoclosure () -> String, line: UInt = #line) throws {
  guard condition else { throw ConformanceViolation(detail: detail(), line: line) }
}

func requireEqual<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String, line: UInt = #line) throws {
  try require(found == expected, "\(what) is \(found), not \(expected)", line: line)
}
