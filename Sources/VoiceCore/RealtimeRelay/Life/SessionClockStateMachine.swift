public import NIOCore

/// The deadlines of a session: its maximum length with notices, idleness, the token's expiry, a drain.
///
/// Knows no clock: the time is an argument, and each call returns the next deadline.
public struct SessionClockStateMachine: Sendable {
  /// Limits of a session's time.
  public struct Configuration: Sendable, Equatable {
    /// Time from the start to `session_time_limit`; nil = none.
    public var maxDuration: Duration?
    /// Times before the end at which a notice is sent.
    public var notices: [Duration]
    /// Time without a client message, pings aside; nil = none.
    public var idleTimeout: Duration?
    /// Time before the token's expiry at which a notice is sent.
    public var tokenNotice: Duration

    /// Creates a configuration.
    public init(
      maxDuration: Duration? = .seconds(600), notices: [Duration] = [.seconds(60), .seconds(10)], idleTimeout: Duration? = .seconds(300),
      tokenNotice: Duration = .seconds(60)
    ) {
      self.maxDuration = maxDuration
      self.notices = notices
      self.idleTimeout = idleTimeout
      self.tokenNotice = tokenNotice
    }
  }

  /// Reason for a notice, as the client reads it.
  public enum Notice: String, Sendable {
    /// The session's maximum length comes near.
    case timeLimit = "time_limit"
    /// The instance drains.
    case draining
    /// The token expires soon.
    case tokenExpiring = "token_expiring"
    /// The session has been idle for long.
    case idle
  }

  /// Action of the driver.
  public enum Action: Sendable, Equatable {
    /// Send a notice with the time that remains.
    case notify(Notice, remaining: Duration)
    /// The provider's own end of its session is near: another one is to take its place. `atOnce`: even in the middle of a turn.
    case renewUpstream(atOnce: Bool)
    /// End the session.
    case end(CloseReason)
  }

  private struct Alarm {
    var at: NIODeadline
    var action: Action
  }

  private let configuration: Configuration
  /// Sorted by time. A handful at the most.
  private var alarms: [Alarm] = []
  private var idleSince: NIODeadline = .distantFuture
  private var isActive = false
  private var idleNoticed = false
  private var drainDeadline: NIODeadline?

  /// Creates a session clock state machine.
  public init(_ configuration: Configuration) { self.configuration = configuration }

  /// Time of the next call of ``deadlinePassed(at:)``.
  public var nextDeadline: NIODeadline? { [alarms.first?.at, nextIdleCheck].compactMap { $0 }.min() }

  /// The session began, or goes on after `elapsed`. `tokenExpiry` is nil where tokens are no deadline.
  public mutating func started(at now: NIODeadline, elapsed: Duration = .zero, tokenExpiry: NIODeadline?) {
    if let limit = configuration.maxDuration {
      let remaining = max(.zero, limit - elapsed)
      for lead in configuration.notices where lead < remaining {
        add(.notify(.timeLimit, remaining: lead), at: now + TimeAmount(remaining - lead))
      }
      add(.end(.sessionTimeLimit(limit)), at: now + TimeAmount(remaining))
    }
    if configuration.idleTimeout != nil { idleSince = now }
    if let tokenExpiry { addTokenAlarms(tokenExpiry, now: now) }
  }

  /// The client sent something. Costs no look at the clock: the next idle check takes note.
  public mutating func clientWasActive() { isActive = true }

  /// A token of the same user was taken: its expiry is the new deadline.
  public mutating func tokenRefreshed(expiry: NIODeadline, at now: NIODeadline) {
    alarms.removeAll { $0.action.isAboutToken }
    addTokenAlarms(expiry, now: now)
  }

  /// The server drains: the session ends when its turn does, at the latest after `grace`.
  public mutating func drainStarted(at now: NIODeadline, grace: Duration, isInTurn: Bool) -> [Action] {
    guard drainDeadline == nil else { return [] }
    let deadline = now + TimeAmount(grace)
    drainDeadline = deadline
    guard isInTurn else { return [.notify(.draining, remaining: .zero), .end(.serverDraining)] }
    add(.end(.serverDraining), at: deadline)
    return [.notify(.draining, remaining: grace)]
  }

  /// True if the session ends at its next quiet moment.
  public var isDraining: Bool { drainDeadline != nil }

  /// Returns what is due at `now`, in order.
  public mutating func deadlinePassed(at now: NIODeadline) -> [Action] {
    var due: [Action] = []
    while let first = alarms.first, first.at <= now { due.append(alarms.removeFirst().action) }
    if let action = checkIdle(at: now) { due.append(action) }
    return due
  }

  // MARK: The provider's end

  /// Upstream is open, until it ends its session by itself. The quiet moments of the last five minutes, or of the last sixth of a
  /// shorter life, are equally good; the last ten seconds are for those who never pause.
  public mutating func upstreamOpened(expiry: NIODeadline?, at now: NIODeadline) {
    alarms.removeAll { $0.action.isAboutUpstream }
    guard let expiry, expiry > now else { return }
    let life = Duration(expiry - now)
    add(.renewUpstream(atOnce: false), at: expiry - TimeAmount(min(.seconds(300), life / 6)))
    add(.renewUpstream(atOnce: true), at: expiry - TimeAmount(min(.seconds(10), life / 12)))
  }

  /// It was no quiet moment: asked again a second later.
  public mutating func renewalPostponed(at now: NIODeadline) {
    guard alarms.contains(where: { $0.action.isAboutUpstream }) else { return }
    add(.renewUpstream(atOnce: false), at: now + .seconds(1))
  }

  // MARK: -

  private var idleLead: Duration { min(.seconds(10), (configuration.idleTimeout ?? .zero) / 4) }

  private var nextIdleCheck: NIODeadline? {
    guard let limit = configuration.idleTimeout, idleSince != .distantFuture else { return nil }
    return idleSince + TimeAmount(idleNoticed ? limit : limit - idleLead)
  }

  private mutating func checkIdle(at now: NIODeadline) -> Action? {
    guard let next = nextIdleCheck, next <= now else { return nil }
    if isActive {
      // Was active at some time since: counted from now, so that a session is never called idle too early.
      (isActive, idleNoticed, idleSince) = (false, false, now)
      return nil
    }
    if idleNoticed {
      idleSince = .distantFuture
      return .end(.idleTimeout)
    }
    idleNoticed = true
    return .notify(.idle, remaining: idleLead)
  }

  private mutating func addTokenAlarms(_ expiry: NIODeadline, now: NIODeadline) {
    let notice = expiry - TimeAmount(configuration.tokenNotice)
    let from = max(notice, now)
    if from < expiry { add(.notify(.tokenExpiring, remaining: Duration(expiry - from)), at: from) }
    add(.end(.tokenExpired), at: max(expiry, now))
  }

  private mutating func add(_ action: Action, at time: NIODeadline) {
    let index = alarms.firstIndex { $0.at > time } ?? alarms.endIndex
    alarms.insert(Alarm(at: time, action: action), at: index)
  }
}

extension SessionClockStateMachine.Action {
  fileprivate var isAboutToken: Bool {
    switch self {
    case .notify(let notice, _): notice == .tokenExpiring
    case .renewUpstream: false
    case .end(let reason): reason == .tokenExpired
    }
  }

  fileprivate var isAboutUpstream: Bool {
    switch self {
    case .renewUpstream: true
    case .notify, .end: false
    }
  }
}
