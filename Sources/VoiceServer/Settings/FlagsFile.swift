import Foundation
import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle

/// The flags file: who may use voice, changed while the server runs. Looked at every second.
///
/// What it does not say stays as the settings say it. A file that is broken, or gone, keeps the last good one in force.
final class FlagsFile: Service, Sendable {
  private struct Content: Decodable {
    var enabled: Bool?
    var rolloutPercent: Int?
    var betaUsers: [String]?
    var allowedPlans: [String]?
    enum CodingKeys: String, CodingKey {
      case enabled
      case rolloutPercent = "rollout_percent"
      case betaUsers = "beta_users"
      case allowedPlans = "allowed_plans"
    }
  }

  private let path: String
  private let settings: Settings.Admission
  private let interval: Duration
  private let logger: Logger
  /// `seen` is nil before the first look, and holds nil while there is no file.
  private let state: NIOLockedValueBox<(current: Settings.Admission, seen: Data??)>

  /// What is in force now.
  var current: Settings.Admission { state.withLockedValue { $0.current } }

  /// `settings` say what holds where the file says nothing.
  init(path: String, settings: Settings.Admission, interval: Duration = .seconds(1), logger: Logger) {
    self.path = path
    self.settings = settings
    self.interval = interval
    self.logger = logger
    state = NIOLockedValueBox((settings, Data??.none))
    look()
  }

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try await Task.sleep(for: self.interval)
        self.look()
      }
    }
  }

  /// Reads the file and, where it changed, puts it in force. Each fault is logged once.
  func look() {
    let data = FileManager.default.contents(atPath: path)
    let isNew = state.withLockedValue { state in
      defer { state.seen = .some(data) }
      return state.seen != .some(data)
    }
    guard isNew else { return }
    guard let data else {
      return logger.error("flags file cannot be read, the last good flags stay in force", metadata: ["file": "\(path)"])
    }
    guard let content = try? JSONDecoder().decode(Content.self, from: data), (0...100).contains(content.rolloutPercent ?? 0) else {
      return logger.error(
        "flags file is broken, the last good flags stay in force; expected JSON with enabled, rollout_percent from 0 to 100, beta_users and allowed_plans",
        metadata: ["file": "\(path)"])
    }
    var flags = settings
    if let enabled = content.enabled { flags.enabled = enabled }
    if let percent = content.rolloutPercent { flags.rolloutPercent = percent }
    if let users = content.betaUsers { flags.betaUsers = users }
    if let plans = content.allowedPlans { flags.allowedPlans = plans }
    let isChanged = state.withLockedValue { state in
      defer { state.current = flags }
      return state.current != flags
    }
    guard isChanged else { return }
    logger.notice(
      "flags in force",
      metadata: [
        "enabled": "\(flags.enabled)", "rollout_percent": "\(flags.rolloutPercent)", "beta_users": "\(flags.betaUsers.count)",
        "plans": "\(flags.allowedPlans.joined(separator: ","))",
      ])
  }
}
