import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceTelemetry

/// One message to the dashboard: all that changes, and of the timeline what is new.
struct DashboardFrame: Codable, Sendable {
  /// The lines that a rollout is judged by.
  struct Thresholds: Codable, Sendable, Equatable {
    var p95: Double
    /// Share of sessions and answers that may fail.
    var errors: Double
    /// US dollars a day; nil where no budget is set.
    var budget: Double?
  }
  struct Rollout: Codable, Sendable, Equatable {
    var isEnabled: Bool
    var percent: Double
    /// Empty: every plan.
    var plans: [String]
    var betaUsers: Int
  }
  var now: Int64
  var version: String
  var stats: StatsReport
  var health: HealthReport
  var rollout: Rollout
  var thresholds: Thresholds
  var points: [TimelinePoint]
  var turns: [TimelineTurn]
  var days: [DayStats]

  init(
    _ settings: Settings, now: UnixTime, stats: StatsReport, health: HealthReport, flags: FeatureFlags, points: [TimelinePoint],
    turns: [TimelineTurn], days: [DayStats]
  ) {
    self.now = now.milliseconds
    version = settings.telemetry.version
    self.stats = stats
    self.health = health
    rollout = Rollout(
      isEnabled: flags.isEnabled, percent: flags.rolloutPercent, plans: flags.allowedPlans.sorted(), betaUsers: flags.betaUsers.count)
    thresholds = Thresholds(p95: 800, errors: 0.02, budget: settings.telemetry.budgetPerDay)
    self.points = points
    self.turns = turns
    self.days = days
  }
}
