import VoiceCore

/// A change that memory took while Redis was away. What it is now is looked up when it is written through.
enum FallbackChange: Hashable, Sendable {
  case session(SessionID)
  case deletion(SessionID)
  case admission(user: String, session: SessionID)
  case refund(user: String, session: SessionID)
  case reset(user: String)
  case lease(user: String, session: SessionID)
  case release(user: String, session: SessionID)
  case notice(SessionNotice)
}

/// The changes in order, each once, within a bound.
struct FallbackJournal: Sendable {
  private let capacity: Int
  private var order: [FallbackChange] = []
  private var known: Set<FallbackChange> = []
  /// How many of the oldest were left out.
  private(set) var dropped = 0

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { order.count }

  mutating func note(_ change: FallbackChange) {
    guard known.insert(change).inserted else { return }
    order.append(change)
    guard order.count > capacity else { return }
    // A tenth at once, so that a full journal costs little.
    let count = max(1, capacity / 10)
    known.subtract(order.prefix(count))
    order.removeFirst(count)
    dropped += count
  }

  mutating func takeAll() -> [FallbackChange] {
    defer {
      order = []
      known = []
    }
    return order
  }

  /// Writing through failed: these come before what was noted since.
  mutating func putBack(_ changes: [FallbackChange]) {
    let since = takeAll()
    for change in changes + since { note(change) }
  }
}
