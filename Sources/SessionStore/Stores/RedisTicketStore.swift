public import VoiceCore

/// Tickets in Redis, good on every instance: a hash `PREFIXticket:{NAME}` with a time to live, and a sorted set
/// `PREFIXtickets:{USER}` of a user's names by when they end, for the bound.
public final class RedisTicketStore: TicketStore {
  private let client: RedisClient
  private let keys: RedisKeys
  private let maxPerUser: Int
  private let claim: @Sendable () -> String

  /// - Parameter claim: draws a name for each attempt to take, so that one whose reply was lost can be repeated.
  /// - Parameter client: client to send through.
  /// - Parameter prefix: prefix of every key.
  /// - Parameter maxPerUser: maximum of unexpired tickets of a user.
  public init(
    _ client: RedisClient, prefix: String = "voice:", maxPerUser: Int = 1_000,
    claim: @escaping @Sendable () -> String = RedisTicketStore.randomClaim
  ) {
    self.client = client
    keys = RedisKeys(prefix: prefix)
    self.maxPerUser = maxPerUser
    self.claim = claim
  }

  public func put(_ holder: VerifiedToken, under name: String, for lifetime: Duration) async throws -> Bool {
    let life = RedisArgument.integer(lifetime.inMilliseconds)
    // Two steps, since a user's set and a ticket are on different nodes of a cluster. A crash in between costs one place for a while.
    let isAdmitted = try await Self.count.run(
      client, keys: [keys.tickets(of: holder.userID)], [life, .integer(Int64(maxPerUser)), .text(name)])
    guard isAdmitted.integer == 1 else { return false }
    var fields: [RedisArgument] = [.text("user"), .text(holder.userID), .text("expires"), .integer(holder.expiresAt.milliseconds)]
    if let plan = holder.plan { fields += [.text("plan"), .text(plan)] }
    if let tenant = holder.tenant { fields += [.text("tenant"), .text(tenant)] }
    if let session = holder.session { fields += [.text("session"), .text(session)] }
    _ = try await Self.keep.run(client, keys: [keys.ticket(name)], [life] + fields)
    return true
  }

  public func take(_ name: String) async throws -> VerifiedToken? {
    guard let holder = try await holder(in: Self.take.run(client, keys: [keys.ticket(name)], [.text(claim())])) else { return nil }
    let key = keys.tickets(of: holder.userID)
    // The ticket is taken whatever comes of this; a place that is not given back ends by itself.
    _ = try? await client.send(RedisCommand("ZREM", .text(key), .text(name), key: key))
    return holder
  }

  public func find(_ name: String) async throws -> VerifiedToken? {
    let key = keys.ticket(name)
    return try await holder(in: client.send(RedisCommand("HMGET", .text(key), "user", "expires", "plan", "session", "tenant", key: key)))
  }

  private func holder(in reply: RedisReply) -> VerifiedToken? {
    guard let fields = reply.array, fields.count >= 2, let user = fields[0].string, let expiry = fields[1].string.flatMap({ Int64($0) })
    else { return nil }
    return VerifiedToken(
      userID: user, plan: fields.count > 2 ? fields[2].string : nil, tenant: fields.count > 4 ? fields[4].string : nil,
      expiresAt: UnixTime(milliseconds: expiry), session: fields.count > 3 ? fields[3].string : nil)
  }

  /// Returns a random name for one attempt to take a ticket.
  public static func randomClaim() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }

  private static let count = RedisScript(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local life, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
    if not redis.call('ZSCORE', KEYS[1], ARGV[3]) and redis.call('ZCARD', KEYS[1]) >= limit then return 0 end
    local left = redis.call('PTTL', KEYS[1])
    redis.call('ZADD', KEYS[1], now + life, ARGV[3])
    if left < life then redis.call('PEXPIRE', KEYS[1], life) end
    return 1
    """)

  private static let keep = RedisScript(
    """
    redis.call('HSET', KEYS[1], unpack(ARGV, 2))
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    return 1
    """)

  /// Takes a ticket. It stays until it expires, with the name of the caller that took it.
  private static let take = RedisScript(
    """
    local ticket = redis.call('HMGET', KEYS[1], 'user', 'expires', 'plan', 'session', 'tenant', 'taker')
    if not ticket[1] or (ticket[6] and ticket[6] ~= ARGV[1]) then return false end
    redis.call('HSET', KEYS[1], 'taker', ARGV[1])
    return {ticket[1], ticket[2], ticket[3], ticket[4], ticket[5]}
    """)
}
