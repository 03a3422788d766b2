import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SessionStore
import VoiceCore

extension RedisStorage {
  /// All that is kept in one Redis, running for the time of `body`.
  static func with<Result>(
    _ url: String, limits: Limits = .roomy, authorities: String? = nil, logger: Logger = .quiet,
    _ body: (RedisStorage) async throws -> Result
  ) async throws -> Result {
    var configuration = RedisConfiguration(url: try RedisURL(url))
    configuration.certificateAuthoritiesFile = authorities
    configuration.commandTimeout = Times.command
    let storage = try RedisStorage(
      configuration, limits: limits, group: MultiThreadedEventLoopGroup.singleton, logger: logger, now: { TestTime.now })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      for service in storage.services { group.addTask { try await service.run() } }
      defer { group.cancelAll() }
      return try await body(storage)
    }
  }

  /// Waits until Redis serves.
  func settle(within limit: Duration = .seconds(120)) async -> Duration {
    let started = ContinuousClock.now
    while fallback.isActive, ContinuousClock.now - started < limit { try? await Task.sleep(for: .milliseconds(5)) }
    return ContinuousClock.now - started
  }
}

extension RedisStorage.Limits {
  /// Nobody is refused.
  static let roomy = Self(
    sessionsPerWindow: 1_000_000, window: .seconds(3_600), concurrentSessions: 1_000_000, sessionTimeToLive: .seconds(3_600))
}

enum TestTime {
  private static let start = ContinuousClock.now
  static var now: UnixTime { UnixTime(seconds: 1_700_000_000) + (ContinuousClock.now - start) }
}
