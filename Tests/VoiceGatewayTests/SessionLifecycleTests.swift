import RateLimiting
import SessionStore
import Testing
import VoiceCore
import VoiceTesting

@testable import VoiceGateway

/// One caller's life as a conversation: event, and what is to be done.
struct SessionLifecycleTests {
  private typealias Machine = SessionLifecycleStateMachine
  private let connection = SessionID("vs_00000000000000000000000000000001")!
  private let older = SessionID("vs_00000000000000000000000000000002")!
  private let all = SessionLifecycleStateMachine.Limits(concurrentSessions: 2, limitsSessions: true, limitsSpending: true)

  private func machine(resuming wanted: SessionID? = nil, _ limits: SessionLifecycleStateMachine.Limits? = nil) -> Machine {
    Machine(connection: connection, wanted: wanted, instance: "here", limits: limits ?? all)
  }

  @Test func `a new session is acquired in their stated order, and all of it is given back once`() {
    var life = machine()
    #expect(life.authenticated("ada") == .claim(connection, evicts: false))
    #expect(life.claimed(.granted) == .acquireLease)
    #expect(life.leaseAnswered(.held) == .reserveSpending)
    #expect(life.spendingAnswered(hasMore: true) == .takeSlot)
    #expect(life.slotAnswered() == .save)
    #expect(life.saved(.kept) == .begin)
    #expect(life.ended(.sessionEnded, didOpen: true) == [.lease, .spending, .leave])
    #expect(life.ended(.sessionEnded, didOpen: true).isEmpty)
  }

  @Test func `a caller who is refused before anything was acquired gives nothing back`() {
    var life = machine()
    #expect(life.authenticated("", refusedFor: .tokenInvalid) == .refuse(.tokenInvalid))
    #expect(life.ended(.tokenInvalid, didOpen: false).isEmpty)
  }

  @Test func `a full window gives the lease and the amount back, and leaves no trace in the store`() {
    var life = machine()
    _ = life.authenticated("ada")
    _ = life.claimed(.granted)
    _ = life.leaseAnswered(.held)
    _ = life.spendingAnswered(hasMore: true)
    let reason = CloseReason.rateLimitExceeded(limit: 5, window: .seconds(3_600), retryAfter: .seconds(1))
    #expect(life.slotAnswered(refusedFor: reason) == .refuse(reason))
    #expect(life.ended(reason, didOpen: false) == [.lease, .spending])
  }

  @Test(arguments: [
    (CloseReason.upstreamUnavailable, true), (.internalError, true), (.serverDraining, true), (.idleTimeout, false),
    (.sessionReplaced, false), (.clientClosed(.abnormal), false),
  ])
  func `a session that never opened gives its slot back where this side is why`(reason: CloseReason, isRefunded: Bool) {
    var life = machine()
    _ = life.authenticated("ada")
    _ = life.claimed(.granted)
    _ = life.leaseAnswered(.held)
    _ = life.spendingAnswered(hasMore: true)
    _ = life.slotAnswered()
    _ = life.saved(.kept)
    #expect(life.ended(reason, didOpen: false) == [.lease, .spending] + (isRefunded ? [.slot] : []) + [.forget])
  }

  @Test func `a session that runs on another instance is asked for there alone, and taken when it was let go`() {
    let owner = SessionOwner(instance: "there", generation: 7)
    var life = machine(resuming: older)
    #expect(life.authenticated("ada") == .claim(older, evicts: false))
    #expect(life.claimed(.granted) == .lookUp(older))
    #expect(life.lookedUp(SessionTenure(user: "ada", owner: owner)) == .handOver(older, from: owner))
    #expect(life.handedOver() == .take(older))
    #expect(life.took(.taken(user: "ada")) == .acquireLease)
    #expect(life.leaseAnswered(.held) == .reserveSpending)
    // Resuming takes no slot, and nothing is written that is stored already.
    #expect(life.spendingAnswered(hasMore: true) == .begin)
    #expect(life.ended(.upstreamUnavailable, didOpen: false) == [.lease, .spending, .leave])
  }

  @Test func `a session that nobody runs is taken without asking anyone`() {
    var life = machine(resuming: older)
    _ = life.authenticated("ada")
    _ = life.claimed(.granted)
    #expect(life.lookedUp(SessionTenure(user: "ada", owner: nil)) == .take(older))
  }

  @Test(arguments: [nil, SessionTenure(user: "bob", owner: nil)])
  func `a session that is not there, or another user's, is not found`(tenure: SessionTenure?) {
    var life = machine(resuming: older)
    _ = life.authenticated("ada")
    _ = life.claimed(.granted)
    #expect(life.lookedUp(tenure) == .refuse(.sessionNotFound))
    #expect(life.ended(.sessionNotFound, didOpen: false).isEmpty)
  }

  @Test func `a session that cannot be looked up is not called missing: its client is to come again`() {
    for isLookedUp in [false, true] {
      var life = machine(resuming: older)
      _ = life.authenticated("ada")
      _ = life.claimed(.granted)
      if isLookedUp { _ = life.lookedUp(SessionTenure(user: "ada", owner: nil)) }
      #expect(life.failed() == .refuse(.upstreamUnavailable))
      #expect(life.ended(.upstreamUnavailable, didOpen: false).isEmpty)
    }
  }

  @Test func `a session that runs here takes its client in, in whatever state it is`() {
    var life = machine(resuming: older)
    _ = life.authenticated("ada")
    #expect(life.claimed(.running) == .moveClient)
    #expect(life.clientMoved(true) == .follow)
    #expect(life.state == .moved && life.ended(.sessionEnded, didOpen: false).isEmpty)
  }

  @Test func `one that is about to end is waited for, and no longer than twice`() {
    var life = machine(resuming: older)
    _ = life.authenticated("ada")
    for attempt in 0..<2 {
      #expect(life.claimed(.running) == .moveClient)
      #expect(life.clientMoved(false) == .awaitOlder)
      #expect(life.olderIsGone() == .claim(older, evicts: attempt == 1))
    }
    #expect(life.claimed(.granted) == .lookUp(older))
  }

  @Test func `the older of two that take a session over together is told so, and lets go of it`() {
    var life = machine(resuming: older)
    _ = life.authenticated("ada")
    _ = life.claimed(.granted)
    _ = life.lookedUp(SessionTenure(user: "ada", owner: nil))
    #expect(life.took(.replaced) == .refuse(.sessionReplaced))
    #expect(life.ended(.sessionReplaced, didOpen: false) == [.leave])
  }

  @Test func `the older of two is told so wherever it learns of the newer, and has nothing to let go of`() {
    for place in 0..<3 {
      var life = machine(resuming: older)
      #expect(life.authenticated("ada") == .claim(older, evicts: false))
      if place == 0 {
        #expect(life.claimed(.displaced) == .refuse(.sessionReplaced))
      } else {
        let owner = SessionOwner(instance: "there", generation: 7)
        _ = life.claimed(.granted)
        #expect(life.lookedUp(SessionTenure(user: "ada", owner: owner)) == .handOver(older, from: owner))
        #expect(life.handedOver(isDisplaced: place == 1) == (place == 1 ? .refuse(.sessionReplaced) : .take(older)))
        if place == 2 { #expect(life.took(.displaced) == .refuse(.sessionReplaced)) }
      }
      #expect(life.ended(.sessionReplaced, didOpen: false).isEmpty)
    }
  }

  @Test func `a full cap asks once for the place of a session whose client is away`() {
    let lease = SessionLease(user: "ada", session: older, owner: SessionOwner(instance: "there", generation: 1))
    var life = machine()
    _ = life.authenticated("ada")
    _ = life.claimed(.granted)
    #expect(life.leaseAnswered(.full([lease])) == .makeRoom([lease]))
    #expect(life.askedForRoom(isMade: true) == .acquireLease)
    #expect(life.leaseAnswered(.full([lease])) == .refuse(.concurrentLimitExceeded(limit: 2)))
  }

  @Test func `what there is no limit for is not asked for`() {
    var life = machine(.init(concurrentSessions: 0, limitsSessions: false, limitsSpending: false))
    _ = life.authenticated("ada")
    #expect(life.claimed(.granted) == .save)
  }

  /// Whatever the stores answer and however it ends: what was acquired is given back exactly once, and nothing else is.
  @Test(arguments: 0..<400) func `a walk gives back exactly what it acquired`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }
    let wanted = chance(50) ? older : nil
    var life = machine(resuming: wanted)
    var (leases, amounts, slots, began, steps) = (0, 0, 0, 0, 0)
    var action = life.authenticated("ada", refusedFor: chance(5) ? .tokenExpired : nil)
    walk: while true {
      steps += 1
      #expect(steps < 40, "it comes to an end")
      if chance(3), !Self.isOver(life.state) {
        action = life.failed()
        continue
      }
      switch action {
      case .claim(_, let evicts):
        action = life.claimed(chance(5) ? .foreign : chance(5) ? .displaced : wanted != nil && !evicts && chance(40) ? .running : .granted)
      case .moveClient: action = life.clientMoved(chance(50))
      case .awaitOlder: action = life.olderIsGone()
      case .lookUp:
        let owner = chance(50) ? SessionOwner(instance: chance(50) ? "there" : "here", generation: 1) : nil
        action = life.lookedUp(chance(10) ? nil : SessionTenure(user: chance(90) ? "ada" : "bob", owner: owner))
      case .handOver: action = life.handedOver(isDisplaced: chance(10))
      case .take: action = life.took(chance(80) ? .taken(user: "ada") : chance(40) ? .missing : chance(50) ? .replaced : .displaced)
      case .acquireLease:
        let isHeld = chance(70)
        leases += isHeld ? 1 : 0
        action = life.leaseAnswered(isHeld ? .held : chance(70) ? .full([]) : .replaced)
      case .makeRoom: action = life.askedForRoom(isMade: chance(60))
      case .reserveSpending:
        let hasMore = chance(80)
        amounts += hasMore ? 1 : 0
        action = life.spendingAnswered(hasMore: hasMore)
      case .takeSlot:
        let isFull = chance(20)
        slots += isFull ? 0 : 1
        action = life.slotAnswered(refusedFor: isFull ? .rateLimitExceeded(limit: 1, window: .seconds(1), retryAfter: .zero) : nil)
      case .save: action = life.saved(chance(80) ? .kept : chance(50) ? .replaced : .deleted)
      case .begin:
        began += 1
        break walk
      case .refuse, .follow: break walk
      }
    }
    #expect(leases <= 1 && amounts <= 1 && slots <= 1 && began <= 1)
    let didOpen = began == 1 && chance(70)
    let reason: CloseReason = chance(50) ? .upstreamUnavailable : .sessionEnded
    let releases = life.ended(reason, didOpen: didOpen) + life.ended(reason, didOpen: didOpen)
    #expect(releases.count { $0 == .lease } == leases)
    #expect(releases.count { $0 == .spending } == amounts)
    #expect(releases.count { $0 == .slot } == (slots == 1 && !didOpen && reason.isServerFault ? 1 : 0))
    #expect(releases.count { $0 == .leave || $0 == .forget } <= 1)
    #expect(!releases.contains(.forget) || (wanted == nil && !didOpen))
  }

  private static func isOver(_ state: SessionLifecycleStateMachine.State) -> Bool {
    switch state {
    case .running, .refused, .moved, .released: true
    default: false
    }
  }
}
