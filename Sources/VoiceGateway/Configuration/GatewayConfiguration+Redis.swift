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
  ///   - prefix: prefix of every key.
  ///   - group: event loops that connections run on.
  ///   - logger: destination of log lines.
  ///   - now: time of day.
  /// - Throws: `RedisURL.Malformed`.
  public func redis(
    _ url: String, prefix: String = "voice:", group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "voice"),
    now: @escaping @Sendable () -> UnixTime = UnixTime.now
  ) throws -> RedisStorage {
    try RedisStorage(
      RedisConfiguration(url: RedisURL(url)), prefix: prefix, limits: .init(limits, session), group: group, logger: logger, now: now)
  }
}

extension RedisStorage.Limits {
  /// The limits that Redis keeps, of a gateway's.
  package init(_ limits: GatewayConfiguration.Limits, _ session: GatewayConfiguration.Session) {
    self.init(
      sessionsPerWindow: limits.sessionsPerWindow, window: limits.window, concurrentSessions: limits.concurrentSessions,
      sessionTimeToLive: session.storedFor, spendPerDay: limits.microdollarsPerDay)
  }
}
