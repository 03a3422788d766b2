/// Many pieces of work, some at once: more would only wait, and a server that comes back is not to be kept down.
enum Bounded {
  private static let atOnce = 64

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
