/// Runs `body` for at most a while: a rule about ends must not wait for ever.
func within<Value: Sendable>(
  _ limit: Duration = .seconds(10), _ what: String, line: UInt = #line, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw ConformanceViolation(detail: "\(what) took longer than \(limit)", line: line)
    }
    defer { group.cancelAll() }
    guard let value = try await group.next() else { throw ConformanceViolation(detail: "\(what) did not end", line: line) }
    return value
  }
}

/// Texts that break careless code: controls, quotes, operators, half of a format, right-to-left marks, and a long one.
let hostileTexts = [
  "", " ", "\u{0}", "\"'`;--", "a\r\nb: c", "%s%n%00", "{\"a\":[", "AND OR NOT NEAR(*)", "../../etc/passwd", "\u{202E}abc",
  "e\u{301}\u{301}",
  "🎙", String(repeating: "word ", count: 2_000), String(repeating: "x", count: 20_000),
]
