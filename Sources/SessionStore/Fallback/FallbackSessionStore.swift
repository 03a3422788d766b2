public import VoiceCore

/// Sessions in Redis, and in memory while it is away.
///
/// Memory has a copy of what this instance saved at all times: so a session goes on here also when Redis went, and Redis gets back what
/// it lost.
public final class FallbackSessionStore: SessionStore, FallbackComponent {
  /// Replicas are behind by much less.
  private static let recently = Duration.seconds(60)

  private let primary: any RestorableSessionStore
  private let memory: MemorySessionStore
  private let fallback: Fallback

  public init(primary: any RestorableSessionStore, memory: MemorySessionStore, fallback: Fallback) {
    self.primary = primary
    self.memory = memory
    self.fallback = fallback
    fallback.add(self)
  }

  public func save(_ session: StoredSession) async throws {
    await memory.save(session)
    _ = try await fallback.onPrimary(noting: .session(session.id)) { try await primary.save(session) }
  }

  public func load(_ id: SessionID) async throws -> StoredSession? {
    let pending = [FallbackChange.session(id), .deletion(id)]
    let answer = try await fallback.onPrimary(unlessSettling: pending) { try await loadFromPrimary(id) }
    guard let answer else { return memory.find(id) }
    return answer
  }

  @discardableResult public func delete(_ id: SessionID) async throws -> Bool {
    let wasHere = await memory.delete(id)
    return try await fallback.onPrimary(noting: .deletion(id)) { try await primary.delete(id) } ?? wasHere
  }

  @discardableResult public func touch(_ id: SessionID) async throws -> Bool {
    let isHere = await memory.touch(id)
    return try await fallback.onPrimary(noting: isHere ? .session(id) : nil) { try await primary.touch(id) } ?? isHere
  }

  public func sessions(of user: String) async throws -> [SessionID] {
    if let sessions = try await fallback.onPrimary({ try await primary.sessions(of: user) }) { return sessions }
    return await memory.sessions(of: user)
  }

  private func loadFromPrimary(_ id: SessionID) async throws -> StoredSession? {
    if let session = try await primary.load(id) { return session }
    guard let copy = memory.find(id) else { return nil }
    if try await primary.isDeleted(id) {
      await memory.delete(id)
      return nil
    }
    // Redis lost it: it was restarted without its data, or a replica took over that did not have it yet.
    try await primary.restore(copy)
    return copy
  }

  func writeThrough(_ changes: [FallbackChange], isFirst: Bool) async throws {
    var changed: [SessionID] = []
    var deleted: [SessionID] = []
    for change in changes {
      switch change {
      case .session(let id): changed.append(id)
      case .deletion(let id): deleted.append(id)
      case .admission, .refund, .reset, .lease, .release, .notice: break
      }
    }
    if isFirst {
      let known = Set(changed)
      let others = memory.all().filter { !known.contains($0.id) }
      // A replica that took over may lack what was written last: that is put right. Of the rest it is enough that it is there.
      let newest = others.map(\.updatedAt).max() ?? UnixTime(milliseconds: 0)
      changed += others.filter { newest - $0.updatedAt < Self.recently }.map(\.id)
      let older = others.filter { newest - $0.updatedAt >= Self.recently }.map(\.id)
      let living = try await primary.living(older)
      changed += older.filter { !living.contains($0) }
    }
    try await Bounded.all(deleted) { [primary] id in _ = try await primary.delete(id) }
    try await Bounded.all(changed) { [primary, memory] id in
      guard let session = memory.find(id) else { return }
      try await primary.restore(session)
    }
  }
}
