import NIOConcurrencyHelpers
public import VoiceCore

/// Sessions in this process: for one instance, for tests, and while Redis is away.
public final class MemorySessionStore: SessionStore {
  private struct Entry {
    var session: StoredSession
    var expiresAt: UnixTime
  }

  private let timeToLive: Duration
  private let capacity: Int
  private let now: @Sendable () -> UnixTime
  private let entries = NIOLockedValueBox<[SessionID: Entry]>([:])

  /// - Parameters:
  ///   - timeToLive: how long a session lives after it was saved or touched.
  ///   - capacity: with this many sessions, those that expire next make room.
  public init(timeToLive: Duration = .seconds(3_600), capacity: Int = 10_000, now: @escaping @Sendable () -> UnixTime) {
    self.timeToLive = timeToLive
    self.capacity = capacity
    self.now = now
  }

  public func save(_ session: StoredSession) async {
    let time = now()
    entries.withLockedValue { entries in
      if entries[session.id] == nil, entries.count >= capacity { makeRoom(&entries, at: time) }
      entries[session.id] = Entry(session: session, expiresAt: time + timeToLive)
    }
  }

  public func load(_ id: SessionID) async -> StoredSession? {
    let time = now()
    return entries.withLockedValue { entries in entries[id].flatMap { $0.expiresAt > time ? $0.session : nil } }
  }

  @discardableResult public func delete(_ id: SessionID) async -> Bool {
    let time = now()
    return entries.withLockedValue { ($0.removeValue(forKey: id)?.expiresAt ?? time) > time }
  }

  @discardableResult public func touch(_ id: SessionID) async -> Bool {
    let time = now()
    return entries.withLockedValue { entries in
      guard let entry = entries[id], entry.expiresAt > time else { return false }
      entries[id]?.expiresAt = time + timeToLive
      return true
    }
  }

  public func sessions(of user: String) async -> [SessionID] {
    let time = now()
    let found = entries.withLockedValue { $0.values.filter { $0.session.userID == user && $0.expiresAt > time } }
    return found.sorted { $0.session.createdAt < $1.session.createdAt }.map(\.session.id)
  }

  /// What has expired goes; where that is nothing, the tenth that expires next.
  private func makeRoom(_ entries: inout [SessionID: Entry], at time: UnixTime) {
    for (id, entry) in entries where entry.expiresAt <= time { entries[id] = nil }
    guard entries.count >= capacity else { return }
    for (id, _) in entries.sorted(by: { $0.value.expiresAt < $1.value.expiresAt }).prefix(max(1, capacity / 10)) { entries[id] = nil }
  }
}
