public import RateLimiting
public import VoiceCore

/// The exact sliding window of all instances: a sorted set `PREFIXlimit:{USER}` of session ids by when they were admitted, judged in
/// one atomic step on Redis's own clock. One round trip.
public final class RedisRateLimiter: RecordingRateLimiter {
  private let client: RedisClient
  private let keys: RedisKeys
  private let limit: Int
  private let window: Duration

  /// - Parameter limit: `0` means none.
  /// - Parameter client: client to send through.
  /// - Parameter prefix: prefix of every key.
  /// - Parameter window: length of the sliding window.
  public init(_ client: RedisClient, prefix: String = "voice:", limit: Int, window: Duration) {
    self.client = client
    keys = RedisKeys(prefix: prefix)
    self.limit = limit
    self.window = window
  }

  public func admit(user: String, session: SessionID) async throws -> RateDecision {
    try await admitListing(user: user, session: session).decision
  }

  public func admitListing(user: String, session: SessionID) async throws -> (decision: RateDecision, counted: [RateAdmission]) {
    guard limit > 0 else { return (RateDecision(isAllowed: true, limit: 0, remaining: 0, resetAfter: .zero), []) }
    let reply = try await Self.admit.run(
      client, keys: [keys.limit(user)], [.integer(Int64(limit)), .integer(window.inMilliseconds), .text(session.rawValue)])
    guard let parts = reply.array, parts.count >= 4, let allowed = parts[0].integer, let remaining = parts[1].integer,
      let reset = parts[2].integer, let retry = parts[3].integer
    else { throw RedisError(.unexpectedReply, "rate-limit script returned an unexpected reply (want 4 integers)") }
    let decision = RateDecision(
      isAllowed: allowed == 1, limit: limit, remaining: Int(remaining), resetAfter: .milliseconds(reset),
      retryAfter: allowed == 1 ? nil : .milliseconds(retry))
    var counted: [RateAdmission] = []
    for index in stride(from: 4, to: parts.count - 1, by: 2) {
      guard let session = parts[index].string.flatMap({ SessionID($0) }), let age = parts[index + 1].integer else { continue }
      counted.append(RateAdmission(user: user, session: session, age: .milliseconds(max(0, age))))
    }
    return (decision, counted)
  }

  public func refund(user: String, session: SessionID) async throws {
    let key = keys.limit(user)
    _ = try await client.send(RedisCommand("ZREM", .text(key), .text(session.rawValue), key: key))
  }

  public func reset(user: String) async throws {
    let key = keys.limit(user)
    _ = try await client.send(RedisCommand("DEL", .text(key), key: key))
  }

  public func record(_ admissions: [RateAdmission]) async throws {
    guard limit > 0 else { return }
    try await withLimitedConcurrency(Dictionary(grouping: admissions) { ExactText($0.user) }) { [self] user, admissions in
      let entries = admissions.flatMap { [RedisArgument.text($0.session.rawValue), .integer($0.age.inMilliseconds)] }
      _ = try await Self.record.run(client, keys: [keys.limit(user.text)], [.integer(window.inMilliseconds)] + entries)
    }
  }

  // MARK: Scripts

  /// An entry counts until exactly one window later. One from the future, which a clock that was set back leaves behind, does not.
  private static let admit = RedisScript(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. string.format('%d', now + window), '+inf')
    local count = redis.call('ZCARD', KEYS[1])
    local allowed = 0
    if redis.call('ZSCORE', KEYS[1], ARGV[3]) then
      allowed = 1
    elseif count < limit then
      redis.call('ZADD', KEYS[1], now, ARGV[3])
      redis.call('PEXPIRE', KEYS[1], window)
      allowed = 1
      count = count + 1
    end
    local function left(index)
      local entry = redis.call('ZRANGE', KEYS[1], index, index, 'WITHSCORES')
      return entry[2] and entry[2] + window - now or 0
    end
    local answer = {allowed, math.max(0, limit - count), left(0), allowed == 1 and 0 or left(count - limit)}
    local newest = redis.call('ZRANGE', KEYS[1], -100, -1, 'WITHSCORES')
    for index = 1, #newest, 2 do
      answer[#answer + 1] = newest[index]
      answer[#answer + 1] = now - newest[index + 1]
    end
    return answer
    """)

  private static let record = RedisScript(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local window = tonumber(ARGV[1])
    for index = 2, #ARGV, 2 do
      local age = tonumber(ARGV[index + 1])
      if age < window then redis.call('ZADD', KEYS[1], 'NX', now - age, ARGV[index]) end
    end
    if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('PEXPIRE', KEYS[1], window) end
    return 1
    """)
}
