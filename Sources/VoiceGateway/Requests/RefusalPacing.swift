/// How long a refusal is held back, so that an address that sends nothing but junk costs little.
///
/// Each address may be refused so many times at once, and then so often a second: the generic cell rate algorithm of ITU-T
/// I.371. Since a client has only so many connections, it gets no further refusal sooner by opening more.
struct RefusalPacing: Sendable {
  struct Policy: Sendable, Equatable {
    /// Refused at once.
    var burst = 50
    /// Between two refusals after those.
    var interval = Duration.milliseconds(50)
    var longest = Duration.seconds(5)
    var addresses = 10_000
  }

  private let policy: Policy
  /// When an address that is refused no more has its whole burst again. Those for whom that is past are as good as new.
  private var restored: [String: ContinuousClock.Instant] = [:]
  private var nextPurge: ContinuousClock.Instant?

  init(_ policy: Policy = Policy()) { self.policy = policy }

  /// How long the refusal of `address` that was decided `now` waits.
  mutating func delay(of address: String, at now: ContinuousClock.Instant) -> Duration {
    if restored.count >= policy.addresses { purge(at: now) }
    // With so many others this one's share is small.
    guard restored.count < policy.addresses || restored[address] != nil else { return .zero }
    let burst = policy.interval * policy.burst
    let due = min(max(restored[address] ?? now, now) + policy.interval, now + burst + policy.longest)
    restored[address] = due
    return max(.zero, now.duration(to: due) - burst)
  }

  private mutating func purge(at now: ContinuousClock.Instant) {
    guard nextPurge.map({ now >= $0 }) ?? true else { return }
    nextPurge = now + .seconds(1)
    restored = restored.filter { $0.value > now }
  }
}
