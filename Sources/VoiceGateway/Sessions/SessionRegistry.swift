import NIOConcurrencyHelpers
import VoiceCore

/// The connections of this instance: how many there are, from where, and which of them holds each session.
///
/// A connection stays here until it is closed, also when another one took its session: so each can be ended and drained.
final class SessionRegistry: Sendable {
  struct Limits: Sendable, Equatable {
    var connections: Int
    var connectionsPerAddress: Int
  }

  private struct State {
    var isDraining = false
    var connections = 0
    var byAddress: [String: Int] = [:]
    var pacing = RejectionThrottle()
    /// Connections by user: many may come from one address, and one from many.
    var userPacing = RejectionThrottle(.init(burst: 200, interval: .milliseconds(10), longest: .seconds(1)))
    var entries: [SessionID: Entry] = [:]
    /// The connection that holds each session, by the session's name.
    var holders: [SessionID: SessionID] = [:]
    var nextWaiter: UInt64 = 0
    var arrivals: Int64 = 0
  }

  private struct Entry {
    var handle: RealtimeRelayHandle
    /// Nil until the client was verified.
    var user: VerifiedToken?
    /// The connection's own name until it claims another.
    var session: SessionID
    /// Its place in the order in which connections arrived, and when it did.
    var number: Int64
    var arrivedAt = ContinuousClock.now
    /// Arrival by the store's clock, in microseconds; nil while the store was not asked.
    var arrival: Int64?
    /// The newest connection whose client went on in this one's session.
    var moved: (number: Int64, arrivedAt: ContinuousClock.Instant)?
    var owner: SessionOwner?
    /// Time at which it took its session out of the store; nil where it began the session.
    var takenAt: ContinuousClock.Instant?
    /// Generation of the newest owner that is known to have come after.
    var supersededBy: Int64 = 0
    /// Its relay has the session, and can take in another client.
    var isRunning = false
    /// Time of the last reminder of what its session has to renew.
    var remindedAt = ContinuousClock.now
    var waiting: [UInt64: AsyncStream<Void>.Continuation] = [:]

    var isSuperseded: Bool { owner.map { $0.generation < supersededBy } ?? false }
    /// Another instance may have looked for the session before it was taken here, and take it yet. The store would not know that a client
    /// moved in that is newer: so it is not to move in, but to take the session.
    var isContested: Bool { takenAt.map { .now - $0 < .seconds(3) } ?? false }
    /// Number of the newest connection that the session is for.
    var newest: Int64 { max(number, moved?.number ?? 0) }
  }

  /// The connection that holds a session.
  struct Holder: Sendable {
    var connection: SessionID
    var handle: RealtimeRelayHandle
    var user: VerifiedToken?
    var owner: SessionOwner?
    var isRunning: Bool
  }

  private let limits: Limits
  private let state = NIOLockedValueBox(State())

  init(limits: Limits) { self.limits = limits }

  // MARK: Places

  enum ConnectionAdmission: Equatable { case taken, draining, full }

  /// Takes a place for a connection from `address`; give it back with ``releaseConnection(from:)``.
  func admitConnection(from address: String) -> ConnectionAdmission {
    state.withLockedValue { state in
      if state.isDraining { return .draining }
      guard state.connections < limits.connections, state.byAddress[address, default: 0] < limits.connectionsPerAddress else {
        return .full
      }
      state.connections += 1
      state.byAddress[address, default: 0] += 1
      return .taken
    }
  }

  func releaseConnection(from address: String) {
    state.withLockedValue { state in
      state.connections -= 1
      let left = state.byAddress[address, default: 1] - 1
      state.byAddress[address] = left > 0 ? left : nil
    }
  }

  /// Returns the delay of a refusal that was decided now.
  func delayOfRefusal(to address: String) -> Duration {
    let now = ContinuousClock.now
    return state.withLockedValue { $0.pacing.delay(of: address, at: now) }
  }

  /// The same for a caller whose token is good.
  func delayOfRefusal(toUser user: String) -> Duration {
    let now = ContinuousClock.now
    return state.withLockedValue { $0.userPacing.delay(of: user, at: now) }
  }

  // MARK: Connections and the sessions that they hold

  /// Answers the drain's state, so that a connection that is added while a drain begins is drained as well.
  func add(_ connection: SessionID, _ handle: RealtimeRelayHandle) -> Bool {
    state.withLockedValue { state in
      state.arrivals += 1
      state.entries[connection] = Entry(handle: handle, session: connection, number: state.arrivals)
      return state.isDraining
    }
  }

  /// The verified client of `connection` wants to speak in `session`. In one step the name is its own, or another connection's that runs
  /// it; of two that are on their way there the one that arrived earlier ends, whichever was verified first.
  ///
  /// - Parameter evicts: takes the name from one that runs it, too.
  func claim(_ session: SessionID, for user: VerifiedToken, by connection: SessionID, evicts: Bool) -> SessionLifecycleStateMachine.Claim {
    let (claim, loser) = state.withLockedValue { state -> (SessionLifecycleStateMachine.Claim, RealtimeRelayHandle?) in
      guard let own = state.entries[connection] else { return (.granted, nil) }
      state.entries[connection]?.user = user
      var loser: RealtimeRelayHandle?
      if let holder = state.holders[session], holder != connection, let entry = state.entries[holder] {
        guard user.userID.isSameUser(as: entry.user?.userID) else { return (.foreign, nil) }
        if entry.newest > own.number { return (.displaced, nil) }
        if entry.isRunning, !evicts {
          state.entries[holder]?.moved = (own.number, own.arrivedAt)
          return (.running, entry.isContested ? entry.handle : nil)
        }
        loser = entry.handle
      }
      state.holders[session] = connection
      state.entries[connection]?.session = session
      return (.granted, loser)
    }
    loser?.end(.sessionReplaced)
    return claim
  }

  /// The connection owns its session from here on; false where a newer owner is known already, or the name is another connection's.
  ///
  /// - Parameter isTaken: the session was stored, and others may be on their way to it.
  func own(_ owner: SessionOwner, _ connection: SessionID, isTaken: Bool = false) -> Bool {
    state.withLockedValue { state in
      guard let session = state.entries[connection]?.session else { return false }
      state.entries[connection]?.owner = owner
      if isTaken { state.entries[connection]?.takenAt = .now }
      return state.holders[session] == connection && state.entries[connection]?.isSuperseded == false
    }
  }

  /// Number of the connection where the session's name is its own; nil where it is another's.
  func claim(to session: SessionID, of connection: SessionID) -> Int64? {
    state.withLockedValue { $0.holders[session] == connection ? $0.entries[connection]?.number : nil }
  }

  /// Arrival of a connection by the store's clock, from now on known here as well.
  func arrived(_ connection: SessionID, by reading: StoreClockReading) -> Int64? {
    state.withLockedValue { state in
      guard let entry = state.entries[connection] else { return nil }
      let arrival = reading.time(of: entry.arrivedAt)
      state.entries[connection]?.arrival = arrival
      return arrival
    }
  }

  /// The relay of this connection has its session.
  func began(_ connection: SessionID) { state.withLockedValue { $0.entries[connection]?.isRunning = true } }

  /// A new token of the client that speaks in `session`.
  func refresh(_ user: VerifiedToken, in session: SessionID) {
    state.withLockedValue { state in
      if let holder = state.holders[session] { state.entries[holder]?.user = user }
    }
  }

  /// The connection is closed, and all that it had is given back.
  func remove(_ connection: SessionID) {
    let waiting = state.withLockedValue { state -> [AsyncStream<Void>.Continuation] in
      guard let entry = state.entries.removeValue(forKey: connection) else { return [] }
      if state.holders[entry.session] == connection { state.holders[entry.session] = nil }
      return Array(entry.waiting.values)
    }
    for waiter in waiting { waiter.finish() }
  }

  /// Waits until the connection that holds `session` is closed, no longer than `limit`. False where it is still there.
  @discardableResult func waitUntilGone(_ session: SessionID, within limit: Duration) async -> Bool {
    let (gone, continuation) = AsyncStream<Void>.makeStream()
    let waiter = state.withLockedValue { state -> (connection: SessionID, number: UInt64)? in
      guard let holder = state.holders[session], state.entries[holder] != nil else { return nil }
      state.nextWaiter += 1
      state.entries[holder]?.waiting[state.nextWaiter] = continuation
      return (holder, state.nextWaiter)
    }
    guard let waiter else { return true }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await _ in gone {} }
      group.addTask { try? await Task.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
    return state.withLockedValue { state in
      state.entries[waiter.connection]?.waiting[waiter.number] = nil
      return state.entries[waiter.connection] == nil
    }
  }

  /// The connection that holds a session.
  func holder(of session: SessionID) -> Holder? {
    state.withLockedValue { state in
      guard let connection = state.holders[session], let entry = state.entries[connection] else { return nil }
      return Holder(connection: connection, handle: entry.handle, user: entry.user, owner: entry.owner, isRunning: entry.isRunning)
    }
  }

  /// Whether the connection that holds a session gives way to one of another instance that arrived at `arrival`.
  ///
  /// - Parameter reading: needed where a client moved in lately, of whose arrival the store knows nothing.
  func precedence(over arrival: Int64, in session: SessionID, by reading: StoreClockReading? = nil) -> ClaimPrecedence {
    let now = ContinuousClock.now
    return state.withLockedValue { state in
      guard let connection = state.holders[session], let entry = state.entries[connection] else { return .givesWay }
      return ClaimPrecedence(
        isRunning: entry.isRunning, arrival: entry.arrival, movedAt: entry.moved?.arrivedAt, against: arrival, by: reading, now: now)
    }
  }

  /// An owner of this generation came after: answers the connection here that it replaces.
  func supersede(_ session: SessionID, by generation: Int64) -> RealtimeRelayHandle? {
    state.withLockedValue { state in
      guard let connection = state.holders[session], let entry = state.entries[connection] else { return nil }
      state.entries[connection]?.supersededBy = max(entry.supersededBy, generation)
      return state.entries[connection]?.isSuperseded == true ? entry.handle : nil
    }
  }

  // MARK: All of them

  /// Sessions of one user that are held here.
  func sessions(of user: String) -> [(session: SessionID, handle: RealtimeRelayHandle)] {
    state.withLockedValue { state in
      state.holders.compactMap { session, connection in
        guard let entry = state.entries[connection], user.isSameUser(as: entry.user?.userID) else { return nil }
        return (session, entry.handle)
      }
    }
  }

  /// Those whose client was verified.
  var verified: [(handle: RealtimeRelayHandle, user: VerifiedToken)] {
    state.withLockedValue { $0.entries.values.compactMap { entry in entry.user.map { (entry.handle, $0) } } }
  }

  /// Sessions that run here, and their owners.
  var running: [(session: SessionID, owner: SessionOwner, handle: RealtimeRelayHandle)] {
    state.withLockedValue { state in
      state.entries.values.compactMap { entry in
        guard entry.isRunning, let owner = entry.owner else { return nil }
        return (entry.session, owner, entry.handle)
      }
    }
  }

  /// Sessions that run here and were not reminded for `interval`; they count as reminded from here on.
  func due(every interval: Duration) -> [RealtimeRelayHandle] {
    let now = ContinuousClock.now
    return state.withLockedValue { state in
      var due: [RealtimeRelayHandle] = []
      for index in state.entries.values.indices where now - state.entries.values[index].remindedAt >= interval {
        state.entries.values[index].remindedAt = now
        if state.entries.values[index].isRunning { due.append(state.entries.values[index].handle) }
      }
      return due
    }
  }

  /// Names of the sessions whose client was verified.
  var names: [SessionID] {
    state.withLockedValue { state in state.holders.compactMap { state.entries[$0.value]?.user == nil ? nil : $0.key } }
  }

  /// Sessions whose client was verified.
  var count: Int { state.withLockedValue { state in state.entries.values.count { $0.user != nil } } }
  var isDraining: Bool { state.withLockedValue { $0.isDraining } }
  var isEmpty: Bool { state.withLockedValue { $0.entries.isEmpty } }

  /// Lets no connection in from now on. Answers which are to be told.
  func startDraining() -> [RealtimeRelayHandle] {
    state.withLockedValue { state in
      state.isDraining = true
      return state.entries.values.map(\.handle)
    }
  }
}
