import NIOConcurrencyHelpers
import VoiceCore

/// The connections of this instance: how many there are, from where, and the sessions that can be ended by name.
final class SessionRegistry: Sendable {
  struct Limits: Sendable, Equatable {
    var connections: Int
    var connectionsPerAddress: Int
  }

  private struct State {
    var isDraining = false
    var connections = 0
    var byAddress: [String: Int] = [:]
    var pacing = RefusalPacing()
    var sessions: [SessionID: Entry] = [:]
  }

  private struct Entry {
    var handle: RealtimeRelayHandle
    /// The connection that it began with, which it goes by until the client was verified.
    var connection: SessionID
    /// Nil until the client was verified.
    var user: VerifiedToken?
    /// Who waits for this session to be gone.
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let limits: Limits
  private let state = NIOLockedValueBox(State())

  init(limits: Limits) { self.limits = limits }

  enum Room: Equatable { case taken, draining, full }

  /// Takes a place for a connection from `address`; give it back with ``leave(from:)``.
  func enter(from address: String) -> Room {
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

  func leave(from address: String) {
    state.withLockedValue { state in
      state.connections -= 1
      let left = state.byAddress[address, default: 1] - 1
      state.byAddress[address] = left > 0 ? left : nil
    }
  }

  /// How long a refusal that was decided now is held back.
  func delayOfRefusal(to address: String) -> Duration {
    let now = ContinuousClock.now
    return state.withLockedValue { $0.pacing.delay(of: address, at: now) }
  }

  /// Answers the drain's state, so that a session that is added while a drain begins is drained as well.
  func add(_ id: SessionID, _ handle: RealtimeRelayHandle) -> Bool {
    state.withLockedValue { state in
      state.sessions[id] = Entry(handle: handle, connection: id)
      return state.isDraining
    }
  }

  /// The client of connection `id` was verified, and speaks in session `session`.
  func setUser(_ user: VerifiedToken, of id: SessionID, as session: SessionID) {
    let before = state.withLockedValue { state -> Entry? in
      guard var entry = state.sessions.removeValue(forKey: id) else { return nil }
      entry.user = user
      return state.sessions.updateValue(entry, forKey: session)
    }
    for waiting in before?.waiting ?? [] { waiting.resume() }
  }

  /// The session that connection `connection` began is gone. Another one may go by its name already.
  func remove(_ id: SessionID, of connection: SessionID) {
    let entry = state.withLockedValue { state -> Entry? in
      guard state.sessions[id]?.connection == connection else { return nil }
      return state.sessions.removeValue(forKey: id)
    }
    for waiting in entry?.waiting ?? [] { waiting.resume() }
  }

  /// Returns when no session of this name runs here. Bounded by the time that a connection has to close.
  func waitUntilGone(_ id: SessionID) async {
    await withCheckedContinuation { continuation in
      let isGone = state.withLockedValue { state in
        state.sessions[id]?.waiting.append(continuation)
        return state.sessions[id] == nil
      }
      if isGone { continuation.resume() }
    }
  }

  /// The running session of this name, and whose it is.
  func find(_ id: SessionID) -> (handle: RealtimeRelayHandle, userID: String?)? {
    state.withLockedValue { $0.sessions[id].map { ($0.handle, $0.user?.userID) } }
  }

  /// Those of one user on this instance.
  func sessions(of user: String) -> [(id: SessionID, handle: RealtimeRelayHandle)] {
    state.withLockedValue { $0.sessions.filter { user.isSameUser(as: $0.value.user?.userID) }.map { ($0.key, $0.value.handle) } }
  }

  /// Those whose client was verified.
  var verified: [(handle: RealtimeRelayHandle, user: VerifiedToken)] {
    state.withLockedValue { $0.sessions.values.compactMap { entry in entry.user.map { (entry.handle, $0) } } }
  }

  /// What the sessions of verified clients are called.
  var names: [SessionID] { state.withLockedValue { $0.sessions.compactMap { $0.value.user == nil ? nil : $0.key } } }

  /// Sessions whose client was verified.
  var count: Int { state.withLockedValue { state in state.sessions.values.count { $0.user != nil } } }
  var isEmpty: Bool { state.withLockedValue { $0.sessions.isEmpty } }

  /// No one enters from now on. Answers who is to be told.
  func startDraining() -> [RealtimeRelayHandle] {
    state.withLockedValue { state in
      state.isDraining = true
      return state.sessions.values.map(\.handle)
    }
  }
}
