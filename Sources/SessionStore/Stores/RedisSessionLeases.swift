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
  ///   - client: client to send through.
  ///   - prefix: prefix of every key.
  public init(_ client: RedisClient, prefix: String = "voice:", limit: Int, timeToLive: Duration = .seconds(30)) {
    self.client = client
    keys = RedisKeys(prefix: prefix)
    self.limit = limit
    self.timeToLive = timeToLive.inMilliseconds
  }

  public func acquire(user: String, session: SessionID, owner: SessionOwner) async throws -> LeaseAnswer {
    try await acquireListing(user: user, session: session, owner: owner).answer
  }

  /// Tells also which other leases the user has.
  func acquireListing(user: String, session: SessionID, owner: SessionOwner) async throws -> (answer: LeaseAnswer, others: [SessionLease]) {
    guard limit > 0 else { return (.held, []) }
    let parts = try await run(user, SessionLease(user: user, session: session, owner: owner), limit: Int64(limit))
    let others = parts.dropFirst().compactMap { $0.string.flatMap { Self.lease($0, of: user) } }
    switch parts.first?.integer {
    case 1: return (.held, others)
    case 2: return (.replaced, others)
    default: return (.full(others), others)
    }
  }

  public func renew(user: String, session: SessionID, owner: SessionOwner) async throws -> LeaseStanding {
    guard limit > 0 else { return .held }
    // With a cap of none only a lease that is held is given.
    switch try await run(user, SessionLease(user: user, session: session, owner: owner), limit: 0).first?.integer {
    case 1: return .held
    case 2: return .replaced
    default: return .lost
    }
  }

  public func release(user: String, session: SessionID, owner: SessionOwner) async throws {
    let key = keys.lease(user)
    let member = Self.member(SessionLease(user: user, session: session, owner: owner))
    _ = try await client.send(RedisCommand("ZREM", .text(key), .text(member), key: key))
  }

  public func record(_ leases: [SessionLease]) async throws {
    guard limit > 0 else { return }
    try await withLimitedConcurrency(leases) { [self] in _ = try await run($0.user, $0, limit: .max) }
  }

  private func run(_ user: String, _ lease: SessionLease, limit: Int64) async throws -> [RedisReply] {
    let reply = try await Self.take.run(
      client, keys: [keys.lease(user)],
      [
        .integer(timeToLive), .integer(limit), .text(lease.session.rawValue), .integer(lease.owner.generation), .text(lease.owner.instance),
      ])
    guard let parts = reply.array, parts.first?.integer != nil else {
      throw RedisError(.unexpectedReply, "the script of leases was not answered with a number")
    }
    return parts
  }

  /// `SESSION/GENERATION/INSTANCE`.
  static func member(_ lease: SessionLease) -> String {
    "\(lease.session.rawValue)/\(lease.owner.generation)/\(lease.owner.instance)"
  }

  private static func lease(_ member: String, of user: String) -> SessionLease? {
    let parts = member.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard let session = SessionID(String(parts[0])) else { return nil }
    let generation = parts.count > 1 ? Int64(parts[1]) ?? 0 : 0
    return SessionLease(
      user: user, session: session, owner: SessionOwner(instance: parts.count > 2 ? String(parts[2]) : "", generation: generation))
  }

  /// Answers 1 for a lease that is held now, 2 where a newer owner holds it, else 0 and the leases that fill the cap. An older owner's
  /// lease of the same session becomes this one's.
  private static let take = RedisScript(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local life, limit, generation = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
    local own = ARGV[3] .. '/' .. ARGV[4] .. '/' .. ARGV[5]
    local isHeld, older, others = false, {}, {}
    for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
      if member == own then
        isHeld = true
      elseif member == ARGV[3] or string.sub(member, 1, #ARGV[3] + 1) == ARGV[3] .. '/' then
        if tonumber(string.match(member, '/(%d+)/') or '0') >= generation then return {2} end
        older[#older + 1] = member
      else
        others[#others + 1] = member
      end
    end
    if not isHeld and (limit == 0 or (#older == 0 and #others >= limit)) then
      local answer = {0}
      for index = 1, math.min(#others, 64) do answer[index + 1] = others[index] end
      return answer
    end
    for _, member in ipairs(older) do redis.call('ZREM', KEYS[1], member) end
    redis.call('ZADD', KEYS[1], now + life, own)
    redis.call('PEXPIRE', KEYS[1], life)
    local answer = {1}
    for index = 1, math.min(#others, 64) do answer[index + 1] = others[index] end
    return answer
    """)
}
