package import NIOCore

/// A bounded cache: what was not used for longest goes first, and nothing is older than its lifetime.
package struct ExpiringLRU<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry: Sendable {
    var value: Value
    var expiresAt: NIODeadline
    var usedAt: UInt64
  }

  private let capacity: Int
  private let lifetime: TimeAmount
  private var entries: [Key: Entry] = [:]
  private var uses: UInt64 = 0

  package init(capacity: Int, lifetime: TimeAmount) {
    self.capacity = capacity
    self.lifetime = lifetime
  }

  var count: Int { entries.count }

  package mutating func value(for key: Key, at now: NIODeadline) -> Value? {
    guard let entry = entries[key] else { return nil }
    guard now < entry.expiresAt else {
      entries[key] = nil
      return nil
    }
    uses += 1
    entries[key]?.usedAt = uses
    return entry.value
  }

  package mutating func insert(_ value: Value, for key: Key, at now: NIODeadline) {
    guard capacity > 0 else { return }
    if entries[key] == nil, entries.count >= capacity { evict(at: now) }
    uses += 1
    entries[key] = Entry(value: value, expiresAt: now + lifetime, usedAt: uses)
  }

  /// An eighth goes at once, so that looking for the oldest is paid for by many insertions.
  private mutating func evict(at now: NIODeadline) {
    entries = entries.filter { $0.value.expiresAt > now }
    guard entries.count >= capacity else { return }
    for key in entries.sorted(by: { $0.value.usedAt < $1.value.usedAt }).prefix(max(1, capacity / 8)).map(\.key) { entries[key] = nil }
  }
}
