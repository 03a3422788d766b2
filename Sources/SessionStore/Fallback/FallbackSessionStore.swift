public import VoiceCore

/// Sessions in Redis, and in memory while Redis is unavailable.
///
/// Memory has a copy of what this instance saved at all times: so a session goes on here also when Redis went, and Redis gets back what
/// it lost.
public final class FallbackSessionStore: SessionStore, FallbackComponent {
  /// Replicas are behind by much less.
  private static let recently = Duration.seconds(60)
  private static let sample = 16

  private let primary: any RestorableSessionStore
  private let memory: MemorySessionStore
  private let fallback: Fallback

  /// Creates a store that falls back to memory.
  public init(primary: any RestorableSessionStore, memory: MemorySessionStore, fallback: Fallback) {
    self.primary = primary
    self.memory = memory
    self.fallback = fallback
    fallback.add(self)
  }

  @discardableResult public func save(_ session: StoredSession, as owner: SessionOwner?) async throws -> SessionStanding {
    let here = await memory.save(session, as: owner)
    guard here == .kept else { return here }
    return try await fallback.onPrimary(noting: .session(session.id)) { try await primary.save(session, as: owner) } ?? here
  }

  /// - Throws: as ``tenure(of:)`` does.
  public func load(_ id: SessionID) async throws -> StoredSession? {
    let pending = [FallbackChange.session(id), .deletion(id)]
    let answer = try await fallback.onPrimary(unlessSettling: pending) { try await loadFromPrimary(id) }
    guard let answer else { return try known(memory.find(id), id) }
    return answer
  }

  /// - Throws: ``RedisError`` where Redis alone could tell and is away.
  public func tenure(of id: SessionID) async throws -> SessionTenure? {
    let answer = try await fallback.onPrimary { try await primary.tenure(of: id) }
    if case .some(.some(let found)) = answer { return found }
    var here = await memory.tenure(of: id)
    // Its clock is another one: an arrival by it would say nothing to Redis.
    here?.time = nil
    return answer == nil ? try known(here, id) : here
  }

  /// - Throws: as ``tenure(of:)`` does.
  public func take(_ id: SessionID, by claim: SessionClaim) async throws -> SessionTaking {
    let pending = [FallbackChange.session(id), .deletion(id)]
    let answer = try await fallback.onPrimary(unlessSettling: pending) { () -> SessionTaking in
      let taking = try await primary.take(id, by: claim)
      // Where Redis lost it, loading gives it back.
      guard taking == .missing, try await loadFromPrimary(id) != nil else { return taking }
      return try await primary.take(id, by: claim)
    }
    guard let answer else { return try await takeHere(id, by: claim) }
    if case .taken(let taken) = answer { await memory.save(taken.session, as: taken.owner) }
    return answer
  }

  private func takeHere(_ id: SessionID, by claim: SessionClaim) async throws -> SessionTaking {
    // Its arrival is by the clock of Redis.
    let taking = await memory.take(id, by: SessionClaim(instance: claim.instance, number: claim.number))
    return try known(taking == .missing ? nil : taking, id) ?? .missing
  }

  @discardableResult public func touch(_ id: SessionID, as owner: SessionOwner?) async throws -> SessionStanding {
    let here = await memory.touch(id, as: owner)
    return try await fallback.onPrimary(noting: here == .kept ? .session(id) : nil) {
      let standing = try await primary.touch(id, as: owner)
      guard standing == .missing, let copy = memory.entry(id) else { return standing }
      try await primary.restore(copy.session, as: copy.owner)
      return .kept
    } ?? here
  }

  public func leave(_ id: SessionID, as owner: SessionOwner, forgets: Bool) async throws {
    await memory.leave(id, as: owner, forgets: forgets)
    _ = try await fallback.onPrimary { try await primary.leave(id, as: owner, forgets: forgets) }
  }

  @discardableResult public func delete(_ id: SessionID) async throws -> Bool {
    let wasHere = await memory.delete(id)
    return try await fallback.onPrimary(noting: .deletion(id)) { try await primary.delete(id) } ?? wasHere
  }

  public func sessions(of user: String) async throws -> [SessionID] {
    if let sessions = try await fallback.onPrimary({ try await primary.sessions(of: user) }) { return sessions }
    return await memory.sessions(of: user)
  }

  /// A session that memory was never told of may well be in Redis: that it is missing cannot be said.
  private func known<Value>(_ found: Value?, _ id: SessionID) throws -> Value? {
    if found == nil, memory.entry(id) == nil, !memory.isDeleted(id) {
      throw RedisError(.unreachable, "sessions of other instances cannot be looked up while Redis is away")
    }
    return found
  }

  private func loadFromPrimary(_ id: SessionID) async throws -> StoredSession? {
    if let session = try await primary.load(id) { return session }
    guard let copy = memory.entry(id) else { return nil }
    if try await primary.isDeleted(id) {
      await memory.delete(id)
      return nil
    }
    // Redis lost it: it was restarted without its data, or a replica took over that did not have it yet.
    try await primary.restore(copy.session, as: copy.owner)
    return copy.session
  }

  /// A replica that took over may lack what was written last: that is put right. Of the rest it is enough that it is there.
  func inventory() -> [FallbackChange] {
    let all = memory.all()
    let newest = all.map(\.updatedAt).max() ?? UnixTime(milliseconds: 0)
    return all.map { newest - $0.updatedAt < Self.recently ? .session($0.id) : .presence($0.id) }
  }

  /// A server that lost the first few lost all: the rest need not be asked for, and a copy never replaces what is newer.
  private func missing(_ ids: [SessionID]) async throws -> [SessionID] {
    var living = try await primary.living(Array(ids.prefix(Self.sample)))
    guard !living.isEmpty else { return ids }
    living.formUnion(try await primary.living(Array(ids.dropFirst(Self.sample))))
    return ids.filter { !living.contains($0) }
  }

  func writeThrough(_ changes: [FallbackChange]) async throws {
    var changed: [SessionID] = []
    var present: [SessionID] = []
    var deleted: [SessionID] = []
    for change in changes {
      switch change {
      case .session(let id): changed.append(id)
      case .presence(let id): present.append(id)
      case .deletion(let id): deleted.append(id)
      case .admission, .refund, .reset, .lease, .release, .spending, .notice, .ticket: break
      }
    }
    changed += try await missing(present)
    try await withLimitedConcurrency(deleted) { [primary] id in _ = try await primary.delete(id) }
    try await withLimitedConcurrency(changed) { [primary, memory] id in
      guard let copy = memory.entry(id) else { return }
      try await primary.restore(copy.session, as: copy.owner)
    }
  }
}
