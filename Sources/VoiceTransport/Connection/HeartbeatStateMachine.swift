import NIOCore

/// Pings at a fixed interval, and gives a peer up that stays silent after a ping (RFC 6455 section 5.5.2).
struct HeartbeatStateMachine {
  enum Action: Equatable {
    case none, ping, giveUp
  }

  let interval: TimeAmount
  let timeout: TimeAmount
  private var nextPing: NIODeadline
  /// Time of the first ping that was not followed by any byte.
  private var silentSince: NIODeadline?
  private var isHeard = false

  init(interval: TimeAmount, timeout: TimeAmount, now: NIODeadline) {
    self.interval = interval
    self.timeout = timeout
    nextPing = now + interval
  }

  /// Time of the next call of ``deadlinePassed(at:)``. It only moves later while bytes come in.
  var deadline: NIODeadline { silentSince.map { min($0 + timeout, nextPing) } ?? nextPing }

  /// Any byte of the peer is a sign of life. Costs nothing: it is called for every read.
  mutating func bytesReceived() { isHeard = true }

  mutating func deadlinePassed(at now: NIODeadline) -> Action {
    if isHeard {
      isHeard = false
      silentSince = nil
    }
    if let silentSince, now >= silentSince + timeout { return .giveUp }
    guard now >= nextPing else { return .none }
    nextPing = now + interval
    if silentSince == nil { silentSince = now }
    return .ping
  }
}
