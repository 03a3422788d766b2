import NIOConcurrencyHelpers

/// Tickets of this instance alone, bounded, and forgotten when their time is over.
public final class MemoryTicketStore: TicketStore {
  private struct Entry {
    var holder: VerifiedToken
    var expiresAt: UnixTime
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var namesByUser: [ExactText: Set<String>] = [:]
    /// Maximum size of the sessions stored with tokens.
    var sessionBytes = 0

    mutating func remove(_ name: String) -> VerifiedToken? {
      guard let entry = entries.removeValue(forKey: name) else { return nil }
      sessionBytes -= entry.holder.session?.utf8.count ?? 0
      let user = ExactText(entry.holder.userID)
      namesByUser[user]?.remove(name)
      if namesByUser[user]?.isEmpty == true { namesByUser[user] = nil }
      return entry.holder
    }

    mutating func removeExpired(at time: UnixTime, of names: some Sequence<String>) {
      for name in Array(names) where entries[name].map({ $0.expiresAt <= time }) ?? false { _ = remove(name) }
    }
  }

  private static let maxSessionBytes = 67_108_864
  private let maxPerUser: Int
  private let maxTotal: Int
  private let now: @Sendable () -> UnixTime
  private let state = NIOLockedValueBox(State())

  /// `now` is the wall clock.
  public init(maxPerUser: Int = 1_000, maxTotal: Int = 100_000, now: @escaping @Sendable () -> UnixTime) {
    self.maxPerUser = maxPerUser
    self.maxTotal = maxTotal
    self.now = now
  }

  public func put(_ holder: VerifiedToken, under name: String, for lifetime: Duration) async throws -> Bool {
    let time = now()
    let user = ExactText(holder.userID)
    return state.withLockedValue { state in
      state.removeExpired(at: time, of: state.namesByUser[user] ?? [])
      if state.entries.count >= maxTotal { state.removeExpired(at: time, of: state.entries.keys) }
      let bytes = holder.session?.utf8.count ?? 0
      guard state.sessionBytes + bytes <= Self.maxSessionBytes, state.entries.count < maxTotal,
        state.namesByUser[user, default: []].count < maxPerUser
      else { return false }
      _ = state.remove(name)
      state.sessionBytes += bytes
      state.entries[name] = Entry(holder: holder, expiresAt: time + lifetime)
      state.namesByUser[user, default: []].insert(name)
      return true
    }
  }

  public func take(_ name: String) async throws -> VerifiedToken? {
    let time = now()
    return state.withLockedValue { state in
      state.removeExpired(at: time, of: CollectionOfOne(name))
      return state.remove(name)
    }
  }

  public func find(_ name: String) async throws -> VerifiedToken? {
    let time = now()
    return state.withLockedValue { state in
      state.removeExpired(at: time, of: CollectionOfOne(name))
      return state.entries[name]?.holder
    }
  }

  /// Forgets a ticket, and tells its holder and how long it would have lived.
  package func withdraw(_ name: String) -> (holder: VerifiedToken, lifetime: Duration)? {
    let time = now()
    return state.withLockedValue { state in
      state.removeExpired(at: time, of: CollectionOfOne(name))
      guard let expiry = state.entries[name]?.expiresAt, let holder = state.remove(name) else { return nil }
      return (holder, expiry - time)
    }
  }
}
