public import RateLimiting
public import VoiceCore

/// What users spend in a day, in Redis and by its clock: a hash `PREFIXspend:{USER}` with the number of the day, what is settled, and
/// what is set aside by session. Each step is one script.
public final class RedisSpendLedger: SpendLedger {
  private let client: RedisClient
  private let keys: RedisKeys
  private let limit: Int64

  /// - Parameter limit: a user's day, in millionths of a US dollar.
  public init(_ client: RedisClient, prefix: String = "voice:", limit: Int64) {
    self.client = client
    self.limit = limit
    keys = RedisKeys(prefix: prefix)
  }

  public func reserve(_ amount: Int64, for session: SessionID, of user: String) async throws -> Int64 {
    let reply = try await Self.reserve.run(
      client, keys: [keys.spend(of: user)], [.text("\(session)"), .integer(amount), .integer(limit)])
    return reply.integer ?? 0
  }

  public func settle(_ spent: Int64, for session: SessionID, of user: String) async throws {
    _ = try await Self.settle.run(client, keys: [keys.spend(of: user)], [.text("\(session)"), .integer(spent)])
  }

  /// Begins a new day where the hash is of another one.
  private static let today = """
    local day = math.floor(redis.call('TIME')[1] / 86400)
    if tonumber(redis.call('HGET', KEYS[1], 'day') or '-1') ~= day then
      redis.call('DEL', KEYS[1])
      redis.call('HSET', KEYS[1], 'day', day)
    end
    redis.call('EXPIRE', KEYS[1], 86400)

    """

  private static let reserve = RedisScript(
    today + """
      local all, others, own = redis.call('HGETALL', KEYS[1]), 0, 0
      for i = 1, #all, 2 do
        if all[i] == ARGV[1] then own = tonumber(all[i + 1])
        elseif all[i] ~= 'day' then others = others + tonumber(all[i + 1]) end
      end
      local granted = math.max(own, math.min(tonumber(ARGV[2]), tonumber(ARGV[3]) - others))
      if granted <= 0 then return 0 end
      redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', granted))
      return granted
      """)

  private static let settle = RedisScript(
    today + """
      if redis.call('HDEL', KEYS[1], ARGV[1]) == 1 then redis.call('HINCRBY', KEYS[1], 'settled', ARGV[2]) end
      return 1
      """)
}
