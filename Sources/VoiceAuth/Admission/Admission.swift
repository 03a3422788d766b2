public import VoiceCore

/// Says whether a user may speak, by the flags of the moment; in the order flag, token, plan, rollout.
public struct Admission: Sendable {
  private let flags: FeatureFlags
  private let plans: Set<String>
  private let betaUsers: Set<[UInt8]>

  /// Creates an admission by these flags.
  public init(_ flags: FeatureFlags) {
    self.flags = flags
    plans = Set(flags.allowedPlans.map { $0.lowercased() })
    betaUsers = Set(flags.betaUsers.map { Array($0.utf8) })
  }

  /// The check that comes before the token's; nil = go on.
  public func refusalOfAnyone() -> CloseReason? {
    flags.isEnabled ? nil : .featureDisabled
  }

  /// The checks that come after the token's; nil = admitted.
  public func refusal(of token: VerifiedToken) -> CloseReason? {
    if !plans.isEmpty {
      guard let plan = token.plan, plans.contains(plan.lowercased()) else { return .planNotAllowed }
    }
    if betaUsers.contains(Array(token.userID.utf8)) { return nil }
    return Rollout.admits(token.userID, percent: flags.rolloutPercent) ? nil : .featureNotAvailable
  }

  /// All checks but the token's own, as for a running session after the flags have changed; nil = it may go on.
  public func refusal(ofRunning token: VerifiedToken) -> CloseReason? {
    refusalOfAnyone() ?? refusal(of: token)
  }
}

extension CloseReason {
  /// Maps a refused token to the reason that its client sees.
  public init(_ refusal: TokenRefusal) {
    switch refusal.reason {
    case .missing: self = .tokenMissing
    case .invalid: self = .tokenInvalid
    case .expired: self = .tokenExpired
    case .unavailable: self = .upstreamUnavailable
    }
  }
}
