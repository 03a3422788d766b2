import NIOCore

/// A dictionary whose entries end by themselves, and which never outgrows its bounds: what was written longest ago makes room.
package struct ExpiringTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry: Sendable {
    var value: Value
    var cost: Int
    var expiresAt: UnixTime
    var writtenAs: UInt64
  }

  private let timeToLive: Duration
  private let capacity: Int
  private let maximumCost: Int
  private var entries: [Key: Entry] = [:]
  /// Every write in order. All entries live equally long, so the first to be written is the first to end; one that was written again
  /// since is skipped.
  private var writes = CircularBuffer<(key: Key, number: UInt64)>()
  private var nextWrite: UInt64 = 0
  /// The sum of all entries' costs.
  package private(set) var cost = 0

  package init(timeToLive: Duration, capacity: Int, maximumCost: Int = .max) {
    self.timeToLive = timeToLive
    self.capacity = max(1, capacity)
    self.maximumCost = maximumCost
  }

  package var count: Int { entries.count }

  package func value(_ key: Key, at now: UnixTime) -> Value? {
    entries[key].flatMap { $0.expiresAt > now ? $0.value : nil }
  }

  /// Writes `value`, whose time to live starts now.
  package mutating func set(_ key: Key, _ value: Value, cost: Int = 0, at now: UnixTime) {
    remove(key)
    expire(at: now)
    while let oldest = writes.first, entries.count >= capacity || self.cost + cost > maximumCost {
      writes.removeFirst()
      if entries[oldest.key]?.writtenAs == oldest.number { remove(oldest.key) }
    }
    entries[key] = Entry(value: value, cost: cost, expiresAt: now + timeToLive, writtenAs: nextWrite)
    self.cost += cost
    writes.append((key, nextWrite))
    nextWrite += 1
    if writes.count > 2 * entries.count + 64 { forgetOldWrites() }
  }

  /// Starts the entry's time again; false when there is none.
  package mutating func touch(_ key: Key, at now: UnixTime) -> Bool {
    guard let entry = entries[key], entry.expiresAt > now else { return false }
    set(key, entry.value, cost: entry.cost, at: now)
    return true
  }

  package mutating func remove(_ key: Key) {
    if let entry = entries.removeValue(forKey: key) { cost -= entry.cost }
  }

  /// All that live, in no order.
  package func values(at now: UnixTime) -> [(key: Key, value: Value)] {
    entries.compactMap { $0.value.expiresAt > now ? ($0.key, $0.value.value) : nil }
  }

  private mutating func expire(at now: UnixTime) {
    while let oldest = writes.first {
      if let entry = entries[oldest.key], entry.writtenAs == oldest.number {
        guard entry.expiresAt <= now else { return }
        remove(oldest.key)
      }
      writes.removeFirst()
    }
  }

  private mutating func forgetOldWrites() {
    writes = CircularBuffer(writes.filter { entries[$0.key]?.writtenAs == $0.number })
  }
}
