import SessionStore
import VoiceCore

/// Moves the time of a Redis: instead of its clock being put forward, everything in it becomes older.
struct RedisTestClock: Sendable {
  let client: RedisClient

  func advance(by duration: Duration) async throws {
    let script = """
      local past = tonumber(ARGV[1])
      for _, key in ipairs(redis.call('KEYS', '*')) do
        local left = redis.call('PTTL', key)
        if left >= 0 and left <= past then
          redis.call('DEL', key)
        elseif left >= 0 then
          redis.call('PEXPIRE', key, left - past)
        end
        if redis.call('TYPE', key)['ok'] == 'zset' and not string.find(key, 'sessions:', 1, true) then
          for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZINCRBY', key, -past, member) end
        end
      end
      """
    _ = try await client.send(RedisCommand("EVAL", .text(script), 0, .integer(duration.inMilliseconds)))
  }
}
