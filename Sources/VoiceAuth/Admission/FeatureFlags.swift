/// Admission flags: the feature flag, plans, beta users and the rollout percentage.
public struct FeatureFlags: Sendable, Equatable {
  /// True if voice is on at all.
  public var isEnabled: Bool
  /// 0 to 100, in hundredths at the finest.
  public var rolloutPercent: Double
  /// Let in beside the percentage, where their plan allows it.
  public var betaUsers: Set<String>
  /// Compared without case; empty = every plan.
  public var allowedPlans: Set<String>

  /// Creates feature flags.
  public init(
    isEnabled: Bool = false, rolloutPercent: Double = 100, betaUsers: Set<String> = [], allowedPlans: Set<String> = ["elite", "intelia"]
  ) {
    self.isEnabled = isEnabled
    self.rolloutPercent = rolloutPercent
    self.betaUsers = betaUsers
    self.allowedPlans = allowedPlans
  }
}
