public import RateLimiting
public import VoiceCore

/// Daily spend of users, in Redis and by its clock: a hash `PREFIXspend:{USER}` with the number of the day, and what is set
/// aside or spent by each connection. Each step is one script.
public final class RedisSpendLimiter: RecordingSpendLimiter {
  private let client: RedisClient
  private let keys: RedisKeys
  private let limit: Int64

  /// - Parameter limit: a user's day, in millionths of a US dollar.
  /// - Parameter client: client to send through.
  /// - Parameter prefix: prefix of every key.
  public init(_ client: RedisClient, prefix: String = "voice:", limit: Int64) {
    self.client = client
    self.limit = limit
    keys = RedisKeys(prefix: prefix)
  }

  public func reserve(_ amount: Int64, for session: SessionID, of user: String) async throws -> Int64 {
    try await reserveTelling(amount, for: session, of: user).granted
  }

  public func reserveTelling(_ amount: Int64, for connection: SessionID, of user: String) async throws -> (granted: Int64, others: Int64) {
    let reply = try await Self.reserve.run(
      client, keys: [keys.spend(of: user)], [.text("\(connection)"), .integer(amount), .integer(limit)])
    guard let numbers = reply.array, numbers.count == 2, let granted = numbers[0].integer, let others = numbers[1].integer else {
      throw RedisError(.unexpectedReply, "the ledger's script was not answered with two numbers")
    }
    return (granted, others)
  }

  public func settle(_ spent: Int64, for session: SessionID, of user: String) async throws {
    _ = try await Self.book.run(client, keys: [keys.spend(of: user)], [.integer(-1), .text("\(session)"), .integer(spent)])
  }

  public func record(_ entries: [SpendEntry]) async throws {
    try await withLimitedConcurrency(Dictionary(grouping: entries) { ExactText("\($0.day) \($0.user)") }) { [self] _, entries in
      let amounts = entries.flatMap { [RedisArgument.text("\($0.connection)"), .integer($0.amount)] }
      _ = try await Self.book.run(client, keys: [keys.spend(of: entries[0].user)], [.integer(entries[0].day)] + amounts)
    }
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
      if granted <= 0 then return {0, others} end
      redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', granted))
      return {granted, others}
      """)

  /// Amounts are absolute, so that booking twice books once. `ARGV[1]` is the day that is meant, -1 for today.
  private static let book = RedisScript(
    today + """
      if ARGV[1] ~= '-1' and tonumber(ARGV[1]) ~= day then return 0 end
      for index = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
      return 1
      """)
}
