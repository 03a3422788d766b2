public import RateLimiting
public import VoiceCore

/// The cap on concurrent sessions over all instances: a sorted set `PREFIXlease:{USER}` of session ids by when their leases end, on
/// Redis's own clock. An instance that is killed renews nothing, and its leases end by themselves.
public final class RedisSessionLeases: RecordingSessionLeases {
  private let client: RedisClient
  private let keys: RedisKeys
  private let limit: Int
  private let timeToLive: Int64

  /// - Parameters:
  ///   - limit: `0` means none.
  ///   - timeToLive: how long a lease lives that is not renewed. Three heartbeats of 10 s.
  public init(_ client: RedisClient, prefix: String = "voice:", limit: Int, timeToLive: Duration = .seconds(30)) {
    self.client = client
    keys = RedisKeys(prefix: prefix)
    self.limit = limit
    self.timeToLive = timeToLive.inMilliseconds
  }

  public func acquire(user: String, session: SessionID) async throws -> Bool {
    guard limit > 0 else { return true }
    return try await run(user, [.integer(Int64(limit)), .text(session.rawValue)])
  }

  public func renew(user: String, session: SessionID) async throws -> Bool {
    guard limit > 0 else { return true }
    // With a cap of none only who holds a lease gets one.
    return try await run(user, [0, .text(session.rawValue)])
  }

  public func release(user: String, session: SessionID) async throws {
    let key = keys.lease(user)
    _ = try await client.send(RedisCommand("ZREM", .text(key), .text(session.rawValue), key: key))
  }

  public func record(_ leases: [SessionLease]) async throws {
    guard limit > 0 else { return }
    try await Bounded.all(leases) { [self] in _ = try await run($0.user, [.integer(.max), .text($0.session.rawValue)]) }
  }

  private func run(_ user: String, _ arguments: [RedisArgument]) async throws -> Bool {
    try await Self.take.run(client, keys: [keys.lease(user)], [.integer(timeToLive)] + arguments).integer == 1
  }

  private static let take = RedisScript(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local life, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
    if not redis.call('ZSCORE', KEYS[1], ARGV[3]) and redis.call('ZCARD', KEYS[1]) >= limit then return 0 end
    redis.call('ZADD', KEYS[1], now + life, ARGV[3])
    redis.call('PEXPIRE', KEYS[1], life)
    return 1
    """)
}
