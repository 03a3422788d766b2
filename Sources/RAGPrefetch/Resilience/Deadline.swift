import VoiceCore

enum Deadline {
  /// Throws ``RetrievalError/Code/timeout`` where `work` takes longer, and cancels it.
  static func run<Value: Sendable>(
    within limit: Duration, of name: String, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask(operation: work)
      group.addTask {
        try await Task.sleep(for: limit)
        throw RetrievalError(.timeout, "\(name) did not answer within \(limit)")
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      return first
    }
  }
}
