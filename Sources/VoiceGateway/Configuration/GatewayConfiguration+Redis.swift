public import Logging
public import NIOCore
public import NIOPosix
public import SessionStore
public import VoiceCore

extension GatewayConfiguration {
  /// Storage in Redis that keeps this configuration's limits, with memory behind it. Its services are the caller's to run.
  ///
  /// - Parameters:
  ///   - url: `redis://USER:PASSWORD@HOST:PORT/DB`, see `RedisURL`.
  ///   - prefix: of every key.
  ///   - group: event loops that connections run on.
  ///   - logger: destination of log lines.
  ///   - now: clock of the store.
  /// - Throws: `RedisURL.Malformed`.
  public func redis(
    _ url: String, prefix: String = "voice:", group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "voice"),
    now: @escaping @Sendable () -> UnixTime = UnixTime.now
  ) throws -> RedisStorage {
    let limits = RedisStorage.Limits(
      sessionsPerWindow: limits.sessionsPerWindow, window: limits.window, concurrentSessions: limits.concurrentSessions,
      sessionTimeToLive: session.storedFor, spendPerDay: limits.costPerDay.map { Int64(($0 * 1_000_000).rounded()) })
    return try RedisStorage(
      RedisConfiguration(url: RedisURL(url)), prefix: prefix, limits: limits, group: group, logger: logger, now: now)
  }
}
