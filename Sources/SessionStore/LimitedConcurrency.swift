/// Many pieces of work, some at once: more would only wait, and a server that comes back is not to be kept down. Ends with the first error.
func withLimitedConcurrency<Item: Sendable>(
  _ items: some Collection<Item>, limit: Int = 64, _ work: @escaping @Sendable (Item) async throws -> Void
) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for (index, item) in items.enumerated() {
      if index >= limit { try await group.next() }
      group.addTask { try await work(item) }
    }
    try await group.waitForAll()
  }
}
