import VoiceCore

/// Delay of refusals, so that an address that sends nothing but junk costs little.
///
/// Each address may be refused so many times at once, and then so often a second: the generic cell rate algorithm of ITU-T
/// I.371. Since a client has only so many connections, it gets no further refusal sooner by opening more.
package struct RejectionThrottle: Sendable {
  package struct Policy: Sendable, Equatable {
    /// Refused at once.
    var burst: Int
    /// Interval of refusals after the burst.
    var interval: Duration
    var longest: Duration
    /// Addresses that have an account of their own; the others share one account.
    var addresses: Int

    package init(
      burst: Int = 50, interval: Duration = .milliseconds(50), longest: Duration = .seconds(5), addresses: Int = 10_000
    ) {
      self.burst = burst
      self.interval = interval
      self.longest = longest
      self.addresses = addresses
    }
  }

  /// The account of all addresses beyond the bound. No address is written so.
  private static let others = ExactText("")

  private let policy: Policy
  /// GCRA theoretical arrival time per address; entries in the past may be dropped.
  private var restored: [ExactText: ContinuousClock.Instant] = [:]
  private var nextPurge: ContinuousClock.Instant?

  package init(_ policy: Policy = Policy()) { self.policy = policy }

  /// Returns the delay of a refusal of `address` that was decided at `now`.
  package mutating func delay(of address: String, at now: ContinuousClock.Instant) -> Duration {
    if restored.count >= policy.addresses { purge(at: now) }
    let known = ExactText(address)
    let address = restored.count < policy.addresses || restored[known] != nil ? known : Self.others
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
