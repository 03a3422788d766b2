public import NIOCore

/// A dictionary whose entries end by themselves, and which never outgrows its bounds: what was written longest ago makes room.
///
/// Inlinable, so that each module has it for its own keys and values: the general form takes ten times as long. Public for this package's
/// modules alone: the compiler does not specialize what is `package`.
@_spi(VoiceRealtime)
public struct ExpiringTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  @usableFromInline struct Entry: Sendable {
    @usableFromInline var value: Value
    @usableFromInline var cost: Int
    @usableFromInline var expiresAt: UnixTime
    @usableFromInline var writtenAs: UInt64

    @inlinable init(value: Value, cost: Int, expiresAt: UnixTime, writtenAs: UInt64) {
      self.value = value
      self.cost = cost
      self.expiresAt = expiresAt
      self.writtenAs = writtenAs
    }
  }

  @usableFromInline let timeToLive: Duration
  @usableFromInline let capacity: Int
  @usableFromInline let maximumCost: Int
  @usableFromInline var entries: [Key: Entry] = [:]
  /// Every write in order. All entries live equally long, so the first to be written is the first to end; one that was written again
  /// since is skipped.
  @usableFromInline var writes = CircularBuffer<(key: Key, number: UInt64)>()
  @usableFromInline var nextWrite: UInt64 = 0
  /// The sum of all entries' costs.
  @usableFromInline var cost = 0

  @inlinable public init(timeToLive: Duration, capacity: Int, maximumCost: Int = .max) {
    self.timeToLive = timeToLive
    self.capacity = max(1, capacity)
    self.maximumCost = maximumCost
  }

  @inlinable public var count: Int { entries.count }

  @inlinable public func value(_ key: Key, at now: UnixTime) -> Value? {
    entries[key].flatMap { $0.expiresAt > now ? $0.value : nil }
  }

  /// Writes `value`, whose time to live starts now.
  @inlinable public mutating func set(_ key: Key, _ value: Value, cost: Int = 0, at now: UnixTime) {
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
  @inlinable public mutating func touch(_ key: Key, at now: UnixTime) -> Bool {
    guard let entry = entries[key], entry.expiresAt > now else { return false }
    set(key, entry.value, cost: entry.cost, at: now)
    return true
  }

  @inlinable public mutating func remove(_ key: Key) {
    if let entry = entries.removeValue(forKey: key) { cost -= entry.cost }
  }

  /// All that live, in no order.
  @inlinable public func values(at now: UnixTime) -> [(key: Key, value: Value)] {
    entries.compactMap { $0.value.expiresAt > now ? ($0.key, $0.value.value) : nil }
  }

  @inlinable mutating func expire(at now: UnixTime) {
    while let oldest = writes.first {
      if let entry = entries[oldest.key], entry.writtenAs == oldest.number {
        guard entry.expiresAt <= now else { return }
        remove(oldest.key)
      }
      writes.removeFirst()
    }
  }

  @inlinable mutating func forgetOldWrites() {
    writes = CircularBuffer(writes.filter { entries[$0.key]?.writtenAs == $0.number })
  }
}
