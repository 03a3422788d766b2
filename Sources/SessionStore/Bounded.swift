/// Many pieces of work, some hundred at once: more would only wait, and a connection takes no more than so many commands.
enum Bounded {
  private static let atOnce = 256

  /// Ends with the first error.
  static func all<Item: Sendable>(_ items: some Collection<Item>, _ work: @escaping @Sendable (Item) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, item) in items.enumerated() {
        if index >= atOnce { try await group.next() }
        group.addTask { try await work(item) }
      }
      try await group.waitForAll()
    }
  }
}
