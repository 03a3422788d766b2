import NIOCore

/// Connections to one server that are made before they are asked for: as many as wanted, and none too old.
///
/// Pure: connections are numbers here. A server that refuses, or closes what it just took, is asked again after a pause that grows.
struct WarmPoolStateMachine {
  struct Limits: Equatable {
    var count: Int
    /// Servers and balancers close connections on which nothing is said.
    var maxAge = TimeAmount.seconds(30)
    var firstPause = TimeAmount.seconds(1)
    var longestPause = TimeAmount.seconds(60)
  }

  enum Action: Equatable {
    /// Make a connection of this number; answered with ``opened(_:at:)`` or ``lost(_:at:)``.
    case dial(Int)
    case close(Int)
  }

  private struct Entry {
    let number: Int
    let since: NIODeadline
  }

  private let limits: Limits
  /// The oldest first.
  private var ready: [Entry] = []
  private var dialling: Set<Int> = []
  private var next = 0
  private var failures = 0
  private var pausedUntil: NIODeadline?
  private var isStopped = false

  init(_ limits: Limits) { self.limits = limits }

  var count: Int { ready.count }

  /// Time of the next call of ``fill(at:)``; nil: there is nothing to do until something happens.
  var nextDeadline: NIODeadline? {
    guard !isStopped else { return nil }
    return [ready.first.map { $0.since + limits.maxAge }, pausedUntil].compactMap { $0 }.min()
  }

  /// Closes what is too old, and dials what is missing.
  mutating func fill(at now: NIODeadline) -> [Action] {
    guard !isStopped else { return [] }
    let old = ready.prefix { now >= $0.since + limits.maxAge }
    ready.removeFirst(old.count)
    var actions = old.map { Action.close($0.number) }
    if let end = pausedUntil, now < end { return actions }
    pausedUntil = nil
    // One at a time after a failure: a server that comes back is not met by all at once.
    let missing = limits.count - ready.count - dialling.count
    for _ in 0..<max(0, failures > 0 ? min(missing, 1 - dialling.count) : missing) {
      next += 1
      dialling.insert(next)
      actions.append(.dial(next))
    }
    return actions
  }

  /// The connection to use; nil: there is none.
  mutating func take(at now: NIODeadline) -> Int? {
    guard let index = ready.firstIndex(where: { now < $0.since + limits.maxAge }) else { return nil }
    return ready.remove(at: index).number
  }

  mutating func opened(_ number: Int, at now: NIODeadline) -> [Action] {
    guard dialling.remove(number) != nil, !isStopped else { return [.close(number)] }
    ready.append(Entry(number: number, since: now))
    return fill(at: now)
  }

  /// A dial failed, or a connection that waited is gone.
  mutating func lost(_ number: Int, at now: NIODeadline) -> [Action] {
    if dialling.remove(number) != nil {
      failed(at: now)
    } else if let index = ready.firstIndex(where: { $0.number == number }) {
      // One that waited for a while says nothing against the server.
      if now < ready.remove(at: index).since + limits.firstPause { failed(at: now) } else { failures = 0 }
    } else {
      return []
    }
    return fill(at: now)
  }

  /// Reports that what was taken works.
  mutating func succeeded() { failures = 0 }

  mutating func stop() -> [Action] {
    isStopped = true
    defer { ready = [] }
    return ready.map { .close($0.number) }
  }

  private mutating func failed(at now: NIODeadline) {
    failures += 1
    let factor = Int64(1) << min(failures - 1, 16)
    pausedUntil = now + min(limits.longestPause, .nanoseconds(limits.firstPause.nanoseconds * factor))
  }
}
