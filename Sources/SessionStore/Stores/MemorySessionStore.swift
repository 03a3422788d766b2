import NIOConcurrencyHelpers
public import VoiceCore

/// Sessions in this process: for one instance, for tests, and while Redis is away.
public final class MemorySessionStore: SessionStore {
  private enum Entry: Sendable {
    case session(StoredSession)
    /// Kept for the time to live, so that a save that comes late does not bring the session back.
    case deleted
  }

  private let now: @Sendable () -> UnixTime
  private let entries: NIOLockedValueBox<ExpiringTable<SessionID, Entry>>

  /// - Parameters:
  ///   - timeToLive: how long a session lives after it was saved or touched.
  ///   - capacity: with this many sessions, the one that expires next makes room.
  ///   - maximumBytes: likewise, with this many bytes of conversation.
  public init(
    timeToLive: Duration = .seconds(3_600), capacity: Int = 100_000, maximumBytes: Int = 256 << 20, now: @escaping @Sendable () -> UnixTime
  ) {
    self.now = now
    entries = NIOLockedValueBox(ExpiringTable(timeToLive: timeToLive, capacity: capacity, maximumCost: maximumBytes))
  }

  public func save(_ session: StoredSession) async {
    let time = now()
    entries.withLockedValue { entries in
      if case .deleted = entries.value(session.id, at: time) { return }
      entries.set(session.id, .session(session), cost: session.storedBytes, at: time)
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

  @discardableResult public func touch(_ id: SessionID) async -> Bool {
    let time = now()
    return entries.withLockedValue { entries in
      guard case .session = entries.value(id, at: time) else { return false }
      return entries.touch(id, at: time)
    }
  }

  public func sessions(of user: String) async -> [SessionID] {
    all().filter { $0.userID == user }.sorted { ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue) }.map(\.id)
  }

  // MARK: For the store that falls back on this one

  func find(_ id: SessionID) -> StoredSession? {
    let time = now()
    guard case .session(let session) = entries.withLockedValue({ $0.value(id, at: time) }) else { return nil }
    return session
  }

  func isDeleted(_ id: SessionID) -> Bool {
    let time = now()
    if case .deleted = entries.withLockedValue({ $0.value(id, at: time) }) { return true }
    return false
  }

  /// All that live, in no order.
  func all() -> [StoredSession] {
    let time = now()
    return entries.withLockedValue { $0.values(at: time) }.compactMap { if case .session(let session) = $0.value { session } else { nil } }
  }
}

extension StoredSession {
  /// About what it takes in memory and on the wire.
  var storedBytes: Int {
    items.reduce(512 + userID.utf8.count + (configuration?.utf8.count ?? 0)) { $0 + $1.json.utf8.count + $1.id.utf8.count + 64 }
  }
}
