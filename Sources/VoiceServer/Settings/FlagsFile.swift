import Foundation
import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle
import VoiceAuth

/// The flags in force: those of the settings, and over them those of a file that may change while the server runs.
///
/// The file is looked at twice a second. What it does not say stays as the settings say it; a file that is broken, or
/// gone, keeps the last good one in force.
final class FlagsFile: Service, Sendable {
  private struct State {
    var flags: FeatureFlags
    var admission: Admission
    /// Nil before the first look, and holds nil while there is no file.
    var seen: Data??

    init(_ flags: FeatureFlags) {
      self.flags = flags
      admission = Admission(flags)
    }
  }

  private let path: String?
  private let defaults: FeatureFlags
  private let interval: Duration
  private let logger: Logger
  private let state: NIOLockedValueBox<State>

  var flags: FeatureFlags { state.withLockedValue { $0.flags } }
  var admission: Admission { state.withLockedValue { $0.admission } }

  init(_ settings: Settings.Admission, interval: Duration = .milliseconds(500), logger: Logger) {
    path = settings.flagsFile
    defaults = settings.flags
    self.interval = interval
    self.logger = logger
    state = NIOLockedValueBox(State(defaults))
    look()
  }

  /// Reads the file once, as `check` does. Returns the members in it that mean nothing.
  ///
  /// - Throws: ``SettingsError`` for a file that would not be put in force.
  static func judge(_ settings: Settings.Admission) throws(SettingsError) -> [String] {
    guard let path = settings.flagsFile else { return [] }
    if let fault = FileText.fault(path) {
      throw SettingsError(["VOICE_FLAGS_FILE: \(fault); expected the path of a readable file"])
    }
    let data = FileManager.default.contents(atPath: path) ?? Data()
    return try SettingsError.naming("VOICE_FLAGS_FILE") { () throws(VoiceAuthError) in
      try FeatureFlags.read([UInt8](data), defaults: settings.flags).unknownMembers
    }
  }

  func run() async throws {
    guard path != nil else { return try await gracefulShutdown() }
    try? await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try await Task.sleep(for: self.interval)
        self.look()
      }
    }
  }

  /// Reads the file and, where it changed, puts it in force. Each fault is logged once.
  func look() {
    guard let path else { return }
    let data = FileManager.default.contents(atPath: path)
    let isNew = state.withLockedValue { state in
      defer { state.seen = .some(data) }
      return state.seen != .some(data)
    }
    guard isNew else { return }
    guard let data else { return complain("cannot be read", path) }
    do {
      let reading = try FeatureFlags.read([UInt8](data), defaults: defaults)
      if !reading.unknownMembers.isEmpty {
        logger.warning(
          "flags file has members that mean nothing", metadata: ["members": "\(reading.unknownMembers.joined(separator: ","))"])
      }
      enforce(reading.flags)
    } catch {
      complain(error.message, path)
    }
  }

  private func enforce(_ flags: FeatureFlags) {
    let isChanged = state.withLockedValue { state in
      defer {
        state.flags = flags
        state.admission = Admission(flags)
      }
      return state.flags != flags
    }
    guard isChanged else { return }
    logger.notice(
      "flags in force",
      metadata: [
        "enabled": "\(flags.isEnabled)", "rollout_percent": "\(flags.rolloutPercent)", "beta_users": "\(flags.betaUsers.count)",
        "plans": "\(flags.allowedPlans.sorted().joined(separator: ","))",
      ])
  }

  private func complain(_ fault: String, _ path: String) {
    logger.error("flags file is not usable, the last good flags stay in force", metadata: ["file": "\(path)", "fault": "\(fault)"])
  }
}

extension Settings.Admission {
  /// Flags where no file says otherwise.
  fileprivate var flags: FeatureFlags {
    FeatureFlags(
      isEnabled: enabled, rolloutPercent: rolloutPercent, betaUsers: Set(betaUsers), allowedPlans: Set(allowedPlans))
  }
}
