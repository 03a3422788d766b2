import RateLimiting
import VoiceCore

/// A change that memory took while Redis was away. What it is now is looked up when it is written through.
enum FallbackChange: Hashable, Sendable {
  case session(SessionID)
  /// Nothing of the session changed, but Redis may have lost it.
  case presence(SessionID)
  case deletion(SessionID)
  case admission(user: ExactText)
  case refund(user: ExactText, session: SessionID)
  case reset(user: ExactText)
  case lease(SessionLease)
  case release(SessionLease)
  /// Spend of a user.
  case spending(user: ExactText)
  case notice(SessionMessage)
  /// A ticket or key that was minted here, by its name.
  case ticket(String)
}

extension FallbackChange {
  /// Earlier change that this one makes obsolete.
  fileprivate var superseded: FallbackChange? {
    switch self {
    case .deletion(let id): .session(id)
    case .release(let lease): .lease(lease)
    case .session, .presence, .admission, .refund, .reset, .lease, .spending, .notice, .ticket: nil
    }
  }
}

/// The changes in order, each once, within a bound.
struct FallbackJournal: Sendable {
  private let capacity: Int
  /// Changes in order, obsolete ones included; the valid ones are in `numbers`.
  private var order: [(number: UInt64, change: FallbackChange)] = []
  private var numbers: [FallbackChange: UInt64] = [:]
  private var nextNumber: UInt64 = 0
  /// Number of the oldest changes that were dropped.
  private(set) var dropped = 0

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { numbers.count }

  func contains(_ change: FallbackChange) -> Bool { numbers[change] != nil }

  mutating func note(_ change: FallbackChange) {
    if let superseded = change.superseded { numbers[superseded] = nil }
    guard numbers[change] == nil else { return }
    nextNumber += 1
    numbers[change] = nextNumber
    order.append((nextNumber, change))
    if order.count > 2 * capacity { order = living }
    guard count > capacity else { return }
    // A tenth at once, so that a full journal costs little.
    order = living
    let oldest = order.prefix(max(1, capacity / 10))
    for entry in oldest { numbers[entry.change] = nil }
    order.removeFirst(oldest.count)
    dropped += oldest.count
  }

  mutating func takeAll() -> [FallbackChange] {
    defer {
      order = []
      numbers = [:]
    }
    return living.map(\.change)
  }

  /// Writing through failed: these come before what was noted since.
  mutating func putBack(_ changes: [FallbackChange]) {
    let since = takeAll()
    for change in changes + since { note(change) }
  }

  private var living: [(number: UInt64, change: FallbackChange)] { order.filter { numbers[$0.change] == $0.number } }
}
