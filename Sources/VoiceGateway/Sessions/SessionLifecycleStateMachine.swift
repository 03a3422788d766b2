import RateLimiting
import SessionStore
import VoiceCore

/// The life of one caller: authenticated, found a session for, admitted within the limits, relayed, and released.
///
/// Pure: each event is answered with the one thing to do next. What was acquired is released by ``ended(_:didOpen:)`` alone, once.
struct SessionLifecycleStateMachine {
  enum State: Equatable {
    /// Waits for the verdict on the token. Becomes `claiming` or `refused`.
    case authenticating
    /// Waits for the session's name in this instance. Becomes `lookingUp`, `acquiring`, `moving` or `refused`.
    case claiming
    /// Waits for the session that runs here to take the client. Becomes `moved` or `awaitingOlder`.
    case moving
    /// Waits for the older connection here to be gone. Becomes `claiming`.
    case awaitingOlder
    /// Waits for whose the stored session is, and who runs it. Becomes `handingOver`, `taking` or `refused`.
    case lookingUp
    /// Waits for another instance to store the session and let it go. Becomes `taking` or `refused`.
    case handingOver
    /// Waits for the session and its ownership. Becomes `acquiring` or `refused`.
    case taking
    /// Waits for one of the limits, or for the store. Becomes the next step, `running` or `refused`.
    case acquiring(Step)
    /// The relay has the session. Becomes `released`.
    case running
    /// The client received the reason. Becomes `released`.
    case refused(CloseReason)
    /// The client goes on in an older session of this instance. The end.
    case moved
    /// The end.
    case released
  }

  enum Step: Equatable {
    case lease, spending, slot, store
  }

  /// Next action.
  enum Action: Equatable {
    /// Takes the session's name in this instance; `evicts`: also from one that should be gone and is not.
    case claim(SessionID, evicts: Bool)
    case moveClient
    case awaitOlder
    case lookUp(SessionID)
    case handOver(SessionID, from: SessionOwner)
    case take(SessionID)
    case acquireLease
    /// Asks for the place of a session of the same user that waits for its client.
    case makeRoom([SessionLease])
    case reserveSpending
    case takeSlot
    case save
    case begin
    case refuse(CloseReason)
    /// Nothing: the relay says how it goes on.
    case follow
  }

  /// Resources that this caller has and must release.
  struct Acquired: Equatable {
    var hasLease = false
    var hasSlot = false
    var hasAllowance = false
    /// A session of its own is stored.
    var isStored = false
    var ownsSession = false
  }

  enum Release: Equatable {
    case lease
    /// Part that was spent of what was set aside.
    case spending
    case slot
    /// The session stays stored and has no owner any more.
    case leave
    /// The session never began: nothing stays of it.
    case forget
  }

  struct Limits: Equatable {
    var concurrentSessions: Int
    var limitsSessions: Bool
    var limitsSpending: Bool
  }

  private(set) var state = State.authenticating
  private(set) var acquired = Acquired()
  private(set) var isResumed = false
  private let connection: SessionID
  private let wanted: SessionID?
  private let instance: String
  private let limits: Limits
  private var user = ""
  private var claims = 0
  private var hasAskedForRoom = false

  /// - Parameters:
  ///   - connection: the caller's own name, and the session's unless an older one goes on.
  ///   - wanted: the session to go on with.
  init(connection: SessionID, wanted: SessionID?, instance: String, limits: Limits) {
    self.connection = connection
    self.wanted = wanted
    self.instance = instance
    self.limits = limits
  }

  /// The session that the caller speaks in.
  var session: SessionID { wanted ?? connection }
  var isResuming: Bool { wanted != nil }

  // MARK: Authenticate

  /// The token, and all that is asked of its user, was judged; `reason` says why not.
  mutating func authenticated(_ user: String, refusedFor reason: CloseReason? = nil) -> Action {
    guard case .authenticating = state else { preconditionFailure("authenticated once") }
    if let reason { return refuse(reason) }
    self.user = user
    return claim(evicts: false)
  }

  // MARK: Find the session

  enum Claim: Equatable {
    /// The name is this caller's.
    case granted
    /// The session runs here, and its client is the same user.
    case running
    /// The session is another user's.
    case foreign
    /// A connection that arrived later has the name.
    case displaced
  }

  mutating func claimed(_ claim: Claim) -> Action {
    guard case .claiming = state else { preconditionFailure("claimed what was not asked for") }
    switch claim {
    case .granted:
      guard let wanted else { return acquire(.lease) }
      state = .lookingUp
      return .lookUp(wanted)
    case .running:
      state = .moving
      return .moveClient
    case .foreign: return refuse(.sessionNotFound)
    case .displaced: return refuse(.sessionReplaced)
    }
  }

  /// `isTaken`: the session that runs here has the client now. False: that one is about to end.
  mutating func clientMoved(_ isTaken: Bool) -> Action {
    guard case .moving = state else { preconditionFailure("moved without having asked") }
    state = isTaken ? .moved : .awaitingOlder
    return isTaken ? .follow : .awaitOlder
  }

  mutating func olderIsGone() -> Action {
    guard case .awaitingOlder = state else { preconditionFailure("waited for nothing") }
    return claim(evicts: claims >= 2)
  }

  /// The client closed while it was on its way.
  mutating func clientLeft() -> Action { refuse(.clientClosed(.abnormal)) }

  /// Result of the lookup: the tenure, or nil when there is no such session.
  mutating func lookedUp(_ tenure: SessionTenure?) -> Action {
    guard case .lookingUp = state, let wanted else { preconditionFailure("looked up what was not asked for") }
    guard let tenure, user.isSameUser(as: tenure.user) else { return refuse(.sessionNotFound) }
    guard let owner = tenure.owner, owner.instance != instance else {
      state = .taking
      return .take(wanted)
    }
    state = .handingOver
    return .handOver(wanted, from: owner)
  }

  /// `isDisplaced`: the session goes on there, for a client that arrived later.
  mutating func handedOver(isDisplaced: Bool = false) -> Action {
    guard case .handingOver = state, let wanted else { preconditionFailure("handed over without having asked") }
    if isDisplaced { return refuse(.sessionReplaced) }
    state = .taking
    return .take(wanted)
  }

  enum Taking: Equatable {
    case taken(user: String)
    case missing
    /// Yet another connection took it meanwhile.
    case replaced
    /// A later connection, of this instance or another, wants it or has it, and it was not taken.
    case displaced
  }

  mutating func took(_ taking: Taking) -> Action {
    guard case .taking = state else { preconditionFailure("took without having asked") }
    switch taking {
    case .missing: return refuse(.sessionNotFound)
    case .displaced: return refuse(.sessionReplaced)
    case .replaced:
      acquired.ownsSession = true
      return refuse(.sessionReplaced)
    case .taken(let owner):
      acquired.ownsSession = true
      guard user.isSameUser(as: owner) else { return refuse(.sessionNotFound) }
      isResumed = true
      return acquire(.lease)
    }
  }

  // MARK: Acquire

  mutating func leaseAnswered(_ answer: LeaseAnswer) -> Action {
    guard case .acquiring(.lease) = state else { preconditionFailure("a lease that was not asked for") }
    switch answer {
    case .held:
      acquired.hasLease = true
      return acquire(.spending)
    case .replaced: return refuse(.sessionReplaced)
    case .full(let leases):
      guard !hasAskedForRoom else { return refuse(.concurrentLimitExceeded(limit: limits.concurrentSessions)) }
      hasAskedForRoom = true
      return .makeRoom(leases.filter { $0.session != session })
    }
  }

  mutating func askedForRoom(isMade: Bool) -> Action {
    guard case .acquiring(.lease) = state else { preconditionFailure("room that was not asked for") }
    return isMade ? .acquireLease : refuse(.concurrentLimitExceeded(limit: limits.concurrentSessions))
  }

  mutating func spendingAnswered(hasMore: Bool) -> Action {
    guard case .acquiring(.spending) = state else { preconditionFailure("an amount that was not asked for") }
    guard hasMore else { return refuse(.costLimitExceeded) }
    acquired.hasAllowance = true
    return acquire(.slot)
  }

  /// `refusedFor`: the window is full.
  mutating func slotAnswered(refusedFor reason: CloseReason? = nil) -> Action {
    guard case .acquiring(.slot) = state else { preconditionFailure("a slot that was not asked for") }
    if let reason { return refuse(reason) }
    acquired.hasSlot = true
    return acquire(.store)
  }

  mutating func saved(_ standing: SessionStanding) -> Action {
    guard case .acquiring(.store) = state else { preconditionFailure("saved without having asked") }
    acquired.isStored = true
    acquired.ownsSession = true
    switch standing {
    case .kept, .missing: return begin()
    case .replaced: return refuse(.sessionReplaced)
    case .deleted: return refuse(.sessionEnded)
    }
  }

  /// A store failed in a way that nothing stands in for.
  mutating func failed() -> Action {
    switch state {
    // A session that cannot be looked up now may be there: its client is to come again.
    case .lookingUp, .handingOver, .taking: refuse(.upstreamUnavailable)
    case .authenticating, .claiming, .moving, .awaitingOlder, .acquiring: refuse(.internalError)
    case .running, .refused, .moved, .released: .follow
    }
  }

  // MARK: The end

  /// Both legs are gone: says what is to be given back, once.
  mutating func ended(_ reason: CloseReason, didOpen: Bool) -> [Release] {
    guard state != .released else { return [] }
    state = .released
    let had = acquired
    acquired = Acquired()
    var releases: [Release] = []
    if had.hasLease { releases.append(.lease) }
    if had.hasAllowance { releases.append(.spending) }
    // The user got nothing for it: not by a fault of this side, and not by a restart.
    if had.hasSlot, !didOpen, reason.isServerFault || reason == .serverDraining { releases.append(.slot) }
    if had.ownsSession { releases.append(had.isStored && !didOpen ? .forget : .leave) }
    return releases
  }

  // MARK: Steps

  private mutating func claim(evicts: Bool) -> Action {
    claims += 1
    state = .claiming
    return .claim(session, evicts: evicts)
  }

  /// The steps in the order of docs/glossary.md; those that there are no limits for are passed over.
  private mutating func acquire(_ step: Step) -> Action {
    state = .acquiring(step)
    switch step {
    case .lease: return limits.concurrentSessions > 0 ? .acquireLease : acquire(.spending)
    case .spending: return limits.limitsSpending ? .reserveSpending : acquire(.slot)
    case .slot: return limits.limitsSessions && !isResumed ? .takeSlot : acquire(.store)
    case .store: return isResumed ? begin() : .save
    }
  }

  private mutating func begin() -> Action {
    state = .running
    return .begin
  }

  private mutating func refuse(_ reason: CloseReason) -> Action {
    state = .refused(reason)
    return .refuse(reason)
  }
}
