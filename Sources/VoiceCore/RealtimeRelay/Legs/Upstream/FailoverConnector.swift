import NIOConcurrencyHelpers
public import NIOCore

/// Dials several upstreams in the order in which they are named: the next one when one fails, or does not answer for a second.
///
/// One that failed several times in a row is left out for a while, by all sessions of this connector.
public struct FailoverConnector: RealtimeConnector {
  private let connector: any RealtimeConnector
  private let hedgeDelay: TimeAmount
  private let breakers = NIOLockedValueBox<[String: CircuitBreakerStateMachine]>([:])

  /// Creates a connector that asks others by way of this one.
  public init(_ connector: any RealtimeConnector, hedgeDelay: TimeAmount = .seconds(1)) {
    self.connector = connector
    self.hedgeDelay = hedgeDelay
  }

  /// Dials `target`, then its ``RealtimeTarget/alternatives``. The first that answers wins; an answer that comes later is dropped.
  public func connect(
    to target: RealtimeTarget, on eventLoop: any EventLoop,
    opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
    failed: @escaping (RealtimeConnectError) -> Void
  ) {
    guard !target.alternatives.isEmpty else {
      return connector.connect(to: target, on: eventLoop, opened: opened, failed: failed)
    }
    dialNext(Race([target] + target.alternatives, opened: opened, failed: failed), on: eventLoop)
  }

  /// One `connect`, on its event loop.
  private final class Race {
    var targets: [RealtimeTarget]
    /// Those that are left out for now.
    var leftOut: [RealtimeTarget] = []
    var hasDialled = false
    /// All are out: each is tried all the same.
    var ignoresBreakers = false
    var underWay = 0
    var isDecided = false
    var hedge: Scheduled<Void>?
    let opened: (any RealtimeConnection) -> any RealtimeConnectionDelegate
    let failed: (RealtimeConnectError) -> Void

    init(
      _ targets: [RealtimeTarget], opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
      failed: @escaping (RealtimeConnectError) -> Void
    ) {
      self.targets = targets
      self.opened = opened
      self.failed = failed
    }
  }

  /// Delegate of a connection that was established too late.
  private final class IgnoringDelegate: RealtimeConnectionDelegate {
    func received(_ message: RealtimeMessage) {}
    func readCompleted() {}
    func writabilityChanged(_ isWritable: Bool) {}
    func closed(_ closure: WebSocketClosure) {}
  }

  private func dialNext(_ race: Race, on eventLoop: any EventLoop) {
    race.hedge?.cancel()
    guard let target = next(of: race, at: eventLoop.now) else { return }
    race.hasDialled = true
    race.underWay += 1
    connector.connect(to: target, on: eventLoop) { connection in
      _ = breakers.withLockedValue { $0[target.breakerName, default: Self.breaker].succeeded() }
      race.underWay -= 1
      guard !race.isDecided else {
        connection.abort()
        return IgnoringDelegate()
      }
      race.isDecided = true
      race.hedge?.cancel()
      return race.opened(connection)
    } failed: { error in
      _ = breakers.withLockedValue { $0[target.breakerName, default: Self.breaker].failed(at: eventLoop.now) }
      race.underWay -= 1
      guard !race.isDecided else { return }
      dialNext(race, on: eventLoop)
      guard race.underWay == 0 else { return }
      race.isDecided = true
      race.failed(error)
    }
    guard !race.targets.isEmpty else { return }
    race.hedge = eventLoop.assumeIsolated().scheduleTask(in: hedgeDelay) {
      if !race.isDecided, !race.targets.isEmpty { dialNext(race, on: eventLoop) }
    }
  }

  /// The next one that may be asked, asked for when its turn comes: a breaker that lets one query try waits for that query's end. When all
  /// are out, refusing without a try would make an outage of a hiccup.
  private func next(of race: Race, at now: NIODeadline) -> RealtimeTarget? {
    while !race.targets.isEmpty {
      let target = race.targets.removeFirst()
      let isAdmitted = breakers.withLockedValue { $0[target.breakerName, default: Self.breaker].admits(at: now) }
      if isAdmitted || race.ignoresBreakers { return target }
      race.leftOut.append(target)
    }
    guard !race.hasDialled, !race.leftOut.isEmpty else { return nil }
    race.ignoresBreakers = true
    race.targets = race.leftOut
    race.leftOut = []
    return race.targets.removeFirst()
  }

  private static var breaker: CircuitBreakerStateMachine {
    CircuitBreakerStateMachine(failuresAllowed: 3, firstPause: .seconds(5), longestPause: .seconds(60))
  }
}

extension RealtimeTarget {
  /// URL without the query, which names the model.
  fileprivate var breakerName: String { String(url.prefix { $0 != "?" }) }
}
