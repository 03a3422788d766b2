import NIOConcurrencyHelpers
@_spi(VoiceRealtime) public import VoiceCore

/// The sliding window in this process: for one instance, for tests, and while Redis is unavailable.
///
/// Holds at most `limit` admissions a user and `capacity` users, and forgets users whose window has passed.
public final class MemoryRateLimiter: RecordingRateLimiter {
  private let limit: Int
  private let window: Duration
  private let now: @Sendable () -> UnixTime
  private let users: NIOLockedValueBox<ExpiringTable<ExactText, SlidingWindowLog>>

  /// - Parameters:
  ///   - limit: `0` means none.
  ///   - capacity: with this many users, the one who was admitted longest ago makes room.
  ///   - window: length of the sliding window.
  ///   - now: clock of the store.
  public init(limit: Int, window: Duration, capacity: Int = 100_000, now: @escaping @Sendable () -> UnixTime) {
    self.limit = limit
    self.window = window
    self.now = now
    users = NIOLockedValueBox(ExpiringTable(timeToLive: window, capacity: capacity))
  }

  public func admit(user: String, session: SessionID) async -> RateDecision {
    guard limit > 0 else { return RateDecision(isAllowed: true, limit: 0, remaining: 0, resetAfter: .zero) }
    let time = now()
    return users.withLockedValue { users in
      var log = users.value(ExactText(user), at: time) ?? SlidingWindowLog()
      let decision = log.admit(session, limit: limit, window: window, at: time)
      if decision.isAllowed { users.set(ExactText(user), log, at: time) }
      return decision
    }
  }

  public func admitListing(user: String, session: SessionID) async -> (decision: RateDecision, counted: [RateAdmission]) {
    (await admit(user: user, session: session), admissions(of: [ExactText(user)]))
  }

  /// Notes which of a user's sessions other instances admitted, as the shared store said last, in place of what it said before.
  package func noteElsewhere(_ admissions: [RateAdmission], of user: String) {
    guard limit > 0 else { return }
    let time = now()
    let user = ExactText(user)
    users.withLockedValue { users in
      var log = users.value(user, at: time) ?? SlidingWindowLog()
      log.noteElsewhere(admissions.map { ($0.session, time - $0.age) })
      if log.isEmpty { users.remove(user) } else { users.set(user, log, at: time) }
    }
  }

  public func refund(user: String, session: SessionID) async {
    let time = now()
    let user = ExactText(user)
    users.withLockedValue { users in
      guard var log = users.value(user, at: time) else { return }
      log.refund(session)
      if log.isEmpty { users.remove(user) } else { users.set(user, log, at: time) }
    }
  }

  public func reset(user: String) async { users.withLockedValue { $0.remove(ExactText(user)) } }

  public func record(_ admissions: [RateAdmission]) async {
    guard limit > 0 else { return }
    let time = now()
    users.withLockedValue { users in
      for admission in admissions where admission.age < window {
        let user = ExactText(admission.user)
        var log = users.value(user, at: time) ?? SlidingWindowLog()
        log.record(admission.session, at: time - admission.age)
        users.set(user, log, at: time)
      }
    }
  }

  /// All that counts now and was admitted here.
  ///
  /// - Parameter names: of these users alone; nil for all.
  package func admissions(of names: Set<ExactText>? = nil) -> [RateAdmission] {
    let time = now()
    return users.withLockedValue { users in
      let named = names.map { names in names.compactMap { name in users.value(name, at: time).map { (key: name, value: $0) } } }
      let logs = named ?? users.values(at: time)
      return logs.flatMap { user, log in
        log.entries.compactMap { entry in
          guard !entry.isElsewhere else { return nil }
          let age = max(.zero, time - entry.at)
          return age < window ? RateAdmission(user: user.text, session: entry.session, age: age) : nil
        }
      }
    }
  }
}
