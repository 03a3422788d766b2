public import SessionStore
import VoiceCore

/// Contract of every `SessionStore`.
///
/// ```swift
/// @Test(arguments: SessionStoreConformance.rules)
/// func `my store conforms`(rule: ConformanceRule<SessionStoreConformance.Subject>) async throws {
///   let clock = ManualClock()
///   try await rule.check(.init(store: MyStore(now: { clock.now }), timeToLive: .seconds(3_600), advance: { clock.advance(by: $0) }))
/// }
/// ```
public enum SessionStoreConformance {
  /// Implementation under test, and what the rules need beside it.
  public struct Subject: Sendable {
    let store: any SessionStore
    let timeToLive: Duration
    let advance: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - timeToLive: as the store was made with; at least 10 s.
    ///   - advance: moves the store's clock. Rules keep a second's distance from every edge, so that a real clock may run beside.
    ///   - store: implementation under test.
    public init(store: any SessionStore, timeToLive: Duration, advance: @escaping @Sendable (Duration) async throws -> Void) {
      self.store = store
      self.timeToLive = timeToLive
      self.advance = advance
    }
  }

  private typealias Rule = ConformanceRule<Subject>
  private static let start = UnixTime(seconds: 1_700_000_000)

  /// Rules of the suite; run every one against your implementation.
  public static let rules: [ConformanceRule<Subject>] = [
    Rule("what is saved is loaded, to the last byte") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session)
      try requireEqual(try await subject.store.load(session.id), session, "the session")
    },
    Rule("a session with nothing optional in it is loaded as it was") { subject in
      let session = StoredSession(id: Samples.id(), userID: "", plan: nil, model: "m", createdAt: start, updatedAt: start)
      try await subject.store.save(session)
      try requireEqual(try await subject.store.load(session.id), session, "the session")
    },
    Rule("a session that was never saved is not there") { subject in
      let id = Samples.id()
      try requireEqual(try await subject.store.load(id), nil, "load")
      try requireEqual(try await subject.store.touch(id), false, "touch")
      try requireEqual(try await subject.store.delete(id), false, "delete")
      try requireEqual(try await subject.store.sessions(of: Samples.user()), [], "the list")
    },
    Rule("the last save wins") { subject in
      var session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session)
      session.items.append(StoredItem(id: "item_last", json: "{}"))
      session.updatedAt = session.updatedAt + .seconds(1)
      try await subject.store.save(session)
      try requireEqual(try await subject.store.load(session.id), session, "the session")
      try requireEqual(try await subject.store.sessions(of: session.userID), [session.id], "the list")
    },
    Rule("users whose names look the same are two") { subject in
      let user = Samples.user()
      let (composed, decomposed) = (user + "\u{E9}", user + "e\u{301}")
      for name in [composed, decomposed] { try await subject.store.save(Samples.session(user: name, createdAt: start)) }
      try requireEqual(try await subject.store.sessions(of: composed).count, 1, "the sessions of one")
      try requireEqual(try await subject.store.sessions(of: decomposed).count, 1, "the sessions of the other")
    },
    Rule("a deleted session is gone for good: a save that comes late does not bring it back") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session)
      try requireEqual(try await subject.store.delete(session.id), true, "the first delete")
      try requireEqual(try await subject.store.delete(session.id), false, "the second delete")
      try await subject.store.save(session)
      try requireEqual(try await subject.store.load(session.id), nil, "load")
      try requireEqual(try await subject.store.touch(session.id), false, "touch")
      try requireEqual(try await subject.store.sessions(of: session.userID), [], "the list")
    },
    Rule("a session expires after the time to live, and not before") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session)
      try await subject.advance(subject.timeToLive - .seconds(2))
      try requireEqual(try await subject.store.load(session.id), session, "the session before its end")
      try await subject.advance(.seconds(3))
      try requireEqual(try await subject.store.load(session.id), nil, "the session after its end")
      try requireEqual(try await subject.store.touch(session.id), false, "touch after its end")
      try requireEqual(try await subject.store.sessions(of: session.userID), [], "the list after its end")
    },
    Rule("save and touch start the time to live again, and load does not") { subject in
      let sessions = (0..<3).map { _ in Samples.session(user: Samples.user(), createdAt: start) }
      for session in sessions { try await subject.store.save(session) }
      try await subject.advance(subject.timeToLive - .seconds(3))
      try await subject.store.save(sessions[0])
      try requireEqual(try await subject.store.touch(sessions[1].id), true, "touch")
      _ = try await subject.store.load(sessions[2].id)
      try await subject.advance(.seconds(5))
      try requireEqual(try await subject.store.load(sessions[0].id), sessions[0], "the saved one")
      try requireEqual(try await subject.store.load(sessions[1].id), sessions[1], "the touched one")
      try requireEqual(try await subject.store.sessions(of: sessions[1].userID), [sessions[1].id], "the list of the touched one's user")
      try requireEqual(try await subject.store.load(sessions[2].id), nil, "the one that was only loaded")
    },
    Rule("a user's sessions are listed, oldest first, and no other user's") { subject in
      let user = Samples.user()
      let sessions = [3, 1, 2].map { Samples.session(user: user, createdAt: start + .seconds($0)) }
      for session in sessions { try await subject.store.save(session) }
      try await subject.store.save(Samples.session(user: user + "x", createdAt: start))
      let expected = [sessions[1].id, sessions[2].id, sessions[0].id]
      try requireEqual(try await subject.store.sessions(of: user), expected, "the list")
      try await subject.store.delete(sessions[2].id)
      try requireEqual(try await subject.store.sessions(of: user), [expected[0], expected[2]], "the list after a delete")
    },
    Rule("many at once do not disturb each other") { subject in
      let sessions = (0..<64).map { _ in Samples.session(user: Samples.user(), createdAt: start) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for session in sessions {
          group.addTask {
            try await subject.store.save(session)
            try requireEqual(try await subject.store.load(session.id), session, "the session")
          }
        }
        try await group.waitForAll()
      }
    },
    Rule("a session that is taken over belongs to the newer owner alone: a late save of the older one is not taken") { subject in
      var session = Samples.session(user: Samples.user(), createdAt: start)
      let older = Samples.owner(5)
      try requireEqual(try await subject.store.save(session, as: older), .kept, "the first owner's save")
      guard let taken = try await subject.store.take(session.id, by: "b") else {
        throw ConformanceViolation(detail: "the session cannot be taken", line: #line)
      }
      try requireEqual(taken.session, session, "what is taken")
      try requireEqual(taken.previous, older, "the owner before")
      try require(taken.owner.instance == "b" && taken.owner.generation > older.generation, "the new owner is \(taken.owner)")
      let late = session
      session.model = "newer"
      try requireEqual(try await subject.store.save(session, as: taken.owner), .kept, "the newer owner's save")
      try requireEqual(try await subject.store.save(late, as: older), .replaced, "the older owner's save")
      try requireEqual(try await subject.store.touch(session.id, as: older), .replaced, "the older owner's touch")
      try requireEqual(try await subject.store.load(session.id), session, "the session")
      let tenure = try await subject.store.tenure(of: session.id)
      try requireEqual(tenure?.user, session.userID, "the user of the tenure")
      try requireEqual(tenure?.owner, taken.owner, "the owner of the tenure")
    },
    Rule("of two that take one session over the second is the newer") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session, as: Samples.owner(1))
      let first = try await subject.store.take(session.id, by: "b")
      let second = try await subject.store.take(session.id, by: "c")
      guard let first, let second else { throw ConformanceViolation(detail: "the session cannot be taken", line: #line) }
      try requireEqual(second.previous, first.owner, "the owner before the second")
      try require(first.owner.isSuperseded(by: second.owner), "\(second.owner) is not newer than \(first.owner)")
    },
    Rule("of two claims of one instance the later has the session, in whichever order they come") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session, as: Samples.owner(1))
      let (earlier, later) = (SessionClaim(instance: "b", number: 7), SessionClaim(instance: "b", number: 8))
      guard case .taken(let taken) = try await subject.store.take(session.id, by: later) else {
        throw ConformanceViolation(detail: "the session cannot be taken", line: #line)
      }
      try requireEqual(try await subject.store.take(session.id, by: earlier), .replaced, "what the earlier claim takes")
      try requireEqual(try await subject.store.save(session, as: taken.owner), .kept, "the later owner's save")
      try requireEqual(try await subject.store.take(session.id, by: earlier), .replaced, "what the earlier claim takes after a save")
      // A repetition whose first answer was lost, and another instance, whose numbers are its own.
      try require(try await subject.store.take(session.id, by: later).isTaken, "the same claim takes nothing")
      try require(
        try await subject.store.take(session.id, by: SessionClaim(instance: "c", number: 1)).isTaken, "another instance takes nothing")
      try require(try await subject.store.take(session.id, by: earlier).isTaken, "an instance that was replaced takes nothing")
    },
    Rule("of two instances the one whose client arrived later has the session, in whichever order they take") { subject in
      for isInOrder in [true, false] {
        let session = Samples.session(user: Samples.user(), createdAt: start)
        try await subject.store.save(session, as: Samples.owner(1))
        guard let first = try await subject.store.tenure(of: session.id)?.time,
          let second = try await subject.store.tenure(of: session.id)?.time
        else { throw ConformanceViolation(detail: "the store does not tell its time", line: #line) }
        try require(first < second, "the store's time is \(first), then \(second)")
        let older = SessionClaim(instance: "b", number: 9, arrival: first)
        let newer = SessionClaim(instance: "c", number: 1, arrival: second)
        if isInOrder { try require(try await subject.store.take(session.id, by: older).isTaken, "the first of the two takes nothing") }
        guard case .taken(let taken) = try await subject.store.take(session.id, by: newer) else {
          throw ConformanceViolation(detail: "the newer takes nothing", line: #line)
        }
        try requireEqual(try await subject.store.take(session.id, by: older), .replaced, "what the older takes after the newer")
        try requireEqual(try await subject.store.tenure(of: session.id)?.owner, taken.owner, "the owner")
        try requireEqual(try await subject.store.save(session, as: taken.owner), .kept, "the newer owner's save")
        try requireEqual(try await subject.store.take(session.id, by: older), .replaced, "what the older takes after a save")
        // Once the newer has left, there is nothing that the older would take from it.
        try await subject.store.leave(session.id, as: taken.owner, forgets: false)
        try require(try await subject.store.take(session.id, by: older).isTaken, "the older takes nothing when the newer has left")
      }
    },
    Rule("of two that arrived together the one that takes later has the session") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session, as: Samples.owner(1))
      let time = try await subject.store.tenure(of: session.id)?.time
      for instance in ["b", "c", "b"] {
        let claim = SessionClaim(instance: instance, number: 1, arrival: time)
        try require(try await subject.store.take(session.id, by: claim).isTaken, "\(instance) takes nothing")
      }
    },
    Rule("an arrival that is yet to come counts as now, so that it keeps no later one out") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session, as: Samples.owner(1))
      let claim = SessionClaim(instance: "b", number: 1, arrival: .max >> 11)
      try require(try await subject.store.take(session.id, by: claim).isTaken, "it takes nothing")
      try require(try await subject.store.take(session.id, by: "c") != nil, "the later one takes nothing")
    },
    Rule("an owner that began the session or wrote it last has no earlier owner's number") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session, as: Samples.owner(1))
      guard case .taken(let taken) = try await subject.store.take(session.id, by: SessionClaim(instance: "b", number: 50)) else {
        throw ConformanceViolation(detail: "the session cannot be taken", line: #line)
      }
      let next = SessionOwner(instance: "c", generation: taken.owner.generation + 1)
      try requireEqual(try await subject.store.save(session, as: next), .kept, "the next owner's save")
      let claim = SessionClaim(instance: "c", number: 3, arrival: 1)
      try require(try await subject.store.take(session.id, by: claim).isTaken, "its instance's next connection takes nothing")
    },
    Rule("an owner that leaves is the owner no more, and one that was replaced cannot leave for the newer one") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session, as: Samples.owner(1))
      guard let taken = try await subject.store.take(session.id, by: "b") else {
        throw ConformanceViolation(detail: "the session cannot be taken", line: #line)
      }
      try await subject.store.leave(session.id, as: Samples.owner(1), forgets: true)
      try requireEqual(try await subject.store.tenure(of: session.id)?.owner, taken.owner, "the owner")
      try await subject.store.leave(session.id, as: taken.owner, forgets: false)
      let tenure = try await subject.store.tenure(of: session.id)
      try requireEqual(tenure?.user, session.userID, "the user of the tenure")
      try requireEqual(tenure?.owner, nil, "the owner of the tenure")
      try requireEqual(try await subject.store.load(session.id), session, "the session")
    },
    Rule("a session that is forgotten leaves nothing, and its name is free") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session, as: Samples.owner(1))
      try await subject.store.leave(session.id, as: Samples.owner(1), forgets: true)
      try requireEqual(try await subject.store.load(session.id), nil, "load")
      try requireEqual(try await subject.store.tenure(of: session.id), nil, "the tenure")
      try requireEqual(try await subject.store.save(session, as: Samples.owner(1)), .kept, "a save")
    },
    Rule("a deleted session cannot be taken, and its owner is told") { subject in
      let session = Samples.session(user: Samples.user(), createdAt: start)
      try await subject.store.save(session, as: Samples.owner(1))
      try await subject.store.delete(session.id)
      try requireEqual(try await subject.store.take(session.id, by: SessionClaim(instance: "b")), .missing, "what is taken")
      try requireEqual(try await subject.store.save(session, as: Samples.owner(1)), .deleted, "a save")
      try requireEqual(try await subject.store.touch(session.id, as: Samples.owner(1)), .deleted, "a touch")
    },
  ]
}

extension SessionTaking {
  fileprivate var isTaken: Bool { if case .taken = self { true } else { false } }
}
