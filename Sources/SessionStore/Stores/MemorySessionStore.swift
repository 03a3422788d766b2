import NIOConcurrencyHelpers
@_spi(VoiceRealtime) public import VoiceCore

/// Sessions in this process: for one instance, for tests, and while Redis is unavailable.
public final class MemorySessionStore: SessionStore {
  private enum Entry: Sendable {
    case session(StoredSession, Tenancy)
    /// Kept for the time to live, so that a save that comes late does not bring the session back.
    case deleted
  }

  private struct Tenancy: Sendable {
    var generation: Int64 = 0
    /// Connection that runs it; nil when none does.
    var instance: String?
    /// Number of the owner within its instance, and its arrival.
    var claim: Int64 = 0
    var arrival: Int64 = 0

    func isNewer(than owner: SessionOwner?) -> Bool {
      guard let owner else { return false }
      return owner.isSuperseded(by: SessionOwner(instance: instance ?? owner.instance, generation: generation))
    }
  }

  private let now: @Sendable () -> UnixTime
  private let entries: NIOLockedValueBox<ExpiringTable<SessionID, Entry>>
  /// Microseconds that were told last. A lock of its own: it is also asked for under the other.
  private let lastTick = NIOLockedValueBox<Int64>(0)

  /// - Parameters:
  ///   - timeToLive: how long a session lives after it was saved or touched.
  ///   - capacity: with this many sessions, the one that expires next makes room.
  ///   - maximumBytes: likewise, with this many bytes of conversation.
  ///   - now: clock of the store.
  public init(
    timeToLive: Duration = .seconds(3_600), capacity: Int = 100_000, maximumBytes: Int = 256 << 20, now: @escaping @Sendable () -> UnixTime
  ) {
    self.now = now
    entries = NIOLockedValueBox(ExpiringTable(timeToLive: timeToLive, capacity: capacity, maximumCost: maximumBytes))
  }

  @discardableResult public func save(_ session: StoredSession, as owner: SessionOwner?) async -> SessionStanding {
    let time = now()
    return entries.withLockedValue { entries in
      var tenancy = Tenancy()
      switch entries.value(session.id, at: time) {
      case .deleted: return .deleted
      case .session(_, let standing):
        if standing.isNewer(than: owner) { return .replaced }
        tenancy = standing
      case nil: break
      }
      if let owner, tenancy.generation != owner.generation || tenancy.instance != owner.instance {
        tenancy = Tenancy(generation: owner.generation, instance: owner.instance)
      }
      entries.set(session.id, .session(session, tenancy), cost: session.storedBytes, at: time)
      return .kept
    }
  }

  public func tenure(of id: SessionID) async -> SessionTenure? {
    entry(id).map { SessionTenure(user: $0.session.userID, owner: $0.owner, time: tick()) }
  }

  public func take(_ id: SessionID, by claim: SessionClaim) async -> SessionTaking {
    let time = now()
    return entries.withLockedValue { entries in
      guard case .session(let session, let tenancy) = entries.value(id, at: time) else { return .missing }
      let tick = tick()
      let arrival = min(claim.arrival ?? tick, tick)
      if tenancy.instance == claim.instance {
        if tenancy.claim > claim.number { return .replaced }
      } else if tenancy.instance != nil, tenancy.arrival > arrival {
        return .replaced
      }
      let owner = SessionOwner(instance: claim.instance, generation: max(tenancy.generation + 1, time.milliseconds))
      let next = Tenancy(
        generation: owner.generation, instance: claim.instance, claim: claim.number, arrival: max(arrival, tenancy.arrival))
      entries.set(id, .session(session, next), cost: session.storedBytes, at: time)
      let previous = tenancy.instance.map { SessionOwner(instance: $0, generation: tenancy.generation) }
      return .taken(TakenSession(session: session, owner: owner, previous: previous))
    }
  }

  /// Time in microseconds; of two within one tick of the clock the later gets more.
  private func tick() -> Int64 {
    let time = now().milliseconds * 1_000
    return lastTick.withLockedValue { last in
      last = max(last + 1, time)
      return last
    }
  }

  public func leave(_ id: SessionID, as owner: SessionOwner, forgets: Bool) async {
    let time = now()
    entries.withLockedValue { entries in
      guard case .session(let session, let tenancy) = entries.value(id, at: time), tenancy.generation == owner.generation,
        tenancy.instance == owner.instance
      else { return }
      if forgets { return entries.remove(id) }
      entries.set(id, .session(session, Tenancy(generation: tenancy.generation)), cost: session.storedBytes, at: time)
    }
  }

  public func load(_ id: SessionID) async -> StoredSession? { find(id) }

  @discardableResult public func delete(_ id: SessionID) async -> Bool {
    let time = now()
    return entries.withLockedValue { entries in
      let found = entries.value(id, at: time)
      entries.set(id, .deleted, cost: 64, at: time)
      if case .session = found { return true }
      return false
    }
  }

  @discardableResult public func touch(_ id: SessionID, as owner: SessionOwner?) async -> SessionStanding {
    let time = now()
    return entries.withLockedValue { entries in
      switch entries.value(id, at: time) {
      case .deleted: return .deleted
      case .session(_, let tenancy): return tenancy.isNewer(than: owner) ? .replaced : entries.touch(id, at: time) ? .kept : .missing
      case nil: return .missing
      }
    }
  }

  public func sessions(of user: String) async -> [SessionID] {
    all().filter { $0.userID.hasSameBytes(as: user) }.sorted { ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue) }.map(\.id)
  }

  // MARK: For the store that falls back on this one

  func find(_ id: SessionID) -> StoredSession? { entry(id)?.session }

  /// A session, and the connection that runs it.
  func entry(_ id: SessionID) -> (session: StoredSession, owner: SessionOwner?)? {
    let time = now()
    guard case .session(let session, let tenancy) = entries.withLockedValue({ $0.value(id, at: time) }) else { return nil }
    return (session, tenancy.instance.map { SessionOwner(instance: $0, generation: tenancy.generation) })
  }

  func isDeleted(_ id: SessionID) -> Bool {
    let time = now()
    if case .deleted = entries.withLockedValue({ $0.value(id, at: time) }) { return true }
    return false
  }

  /// All that live, in no order.
  func all() -> [StoredSession] {
    let time = now()
    return entries.withLockedValue { $0.values(at: time) }.compactMap {
      if case .session(let session, _) = $0.value { session } else { nil }
    }
  }
}

extension StoredSession {
  /// Approximate size in memory and on the wire.
  var storedBytes: Int {
    items.reduce(512 + userID.utf8.count + (configuration?.utf8.count ?? 0)) { $0 + $1.json.utf8.count + $1.id.utf8.count + 64 }
  }
}
