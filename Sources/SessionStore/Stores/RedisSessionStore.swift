import NIOConcurrencyHelpers
import NIOCore
public import VoiceCore

/// Sessions in Redis, for all instances: `PREFIXsession:{ID}`, versioned JSON with a time to live.
public final class RedisSessionStore: RestorableSessionStore {
  /// Maximum of sessions listed for a user.
  private static let listed = 100

  private let client: RedisClient
  private let keys: RedisKeys
  private let timeToLive: Int64

  /// - Parameter timeToLive: of a session after it was saved or touched.
  /// - Parameter client: client to send through.
  /// - Parameter prefix: prefix of every key.
  public init(_ client: RedisClient, prefix: String = "voice:", timeToLive: Duration = .seconds(3_600)) {
    self.client = client
    keys = RedisKeys(prefix: prefix)
    self.timeToLive = timeToLive.inMilliseconds
  }

  @discardableResult public func save(_ session: StoredSession, as owner: SessionOwner?) async throws -> SessionStanding {
    try await write(session, owner, isRestored: false)
  }

  public func load(_ id: SessionID) async throws -> StoredSession? {
    let key = keys.session(id)
    return switch try await client.send(RedisCommand("GET", .text(key), key: key)) {
    case .null: nil
    case .bulk(let json): try StoredSessionCodec.decode(json)
    case .status, .integer, .array, .error: throw RedisError(.unexpectedReply, "GET was not answered with a string")
    }
  }

  public func tenure(of id: SessionID) async throws -> SessionTenure? {
    let fields = try await Self.tenure.run(client, keys: [keys.owner(id)], []).array
    guard let fields, fields.count == 4, let user = fields[0].string else { return nil }
    return SessionTenure(
      user: user, owner: Self.owner(generation: fields[1], instance: fields[2]), time: fields[3].string.flatMap { Int64($0) })
  }

  public func take(_ id: SessionID, by claim: SessionClaim) async throws -> SessionTaking {
    let arrival = claim.arrival.map { RedisArgument.integer($0) } ?? .text("")
    let reply = try await Self.take.run(
      client, keys: keys(of: id), [.text(claim.instance), .integer(timeToLive), .integer(claim.number), arrival])
    if reply.string == "replaced" { return .replaced }
    guard let parts = reply.array, parts.count == 4, case .bulk(let json) = parts[0],
      let generation = parts[1].string.flatMap({ Int64($0) })
    else { return .missing }
    return .taken(
      TakenSession(
        session: try StoredSessionCodec.decode(json), owner: SessionOwner(instance: claim.instance, generation: generation),
        previous: Self.owner(generation: parts[2], instance: parts[3])))
  }

  @discardableResult public func touch(_ id: SessionID, as owner: SessionOwner?) async throws -> SessionStanding {
    let reply = try await Self.touch.run(
      client, keys: keys(of: id), [.integer(timeToLive), .text(owner?.instance ?? ""), .integer(owner?.generation ?? 0)])
    guard let parts = reply.array, let standing = parts.first?.string.flatMap(SessionStanding.init(rawValue:)) else {
      throw RedisError(.unexpectedReply, "the script that touches a session was not answered with its standing")
    }
    if standing == .kept, parts.count > 1, let user = parts[1].string, !user.isEmpty {
      let list = keys.sessions(of: user)
      _ = try await client.send(RedisCommand("PEXPIRE", .text(list), .integer(timeToLive), key: list))
    }
    return standing
  }

  public func leave(_ id: SessionID, as owner: SessionOwner, forgets: Bool) async throws {
    _ = try await Self.leave.run(
      client, keys: keys(of: id), [.text(owner.instance), .integer(owner.generation), .integer(forgets ? 1 : 0)])
  }

  @discardableResult public func delete(_ id: SessionID) async throws -> Bool {
    try await Self.delete.run(client, keys: [keys.session(id), keys.deleted(id)], [.integer(timeToLive)]).integer == 1
  }

  public func sessions(of user: String) async throws -> [SessionID] {
    let list = keys.sessions(of: user)
    let reply = try await client.send(RedisCommand("ZRANGE", .text(list), 0, -1, key: list))
    let named = (reply.array ?? []).compactMap { $0.string.flatMap { SessionID($0) } }
    let living = try await living(named)
    let gone = named.filter { !living.contains($0) }
    if !gone.isEmpty {
      _ = try await client.send(RedisCommand("ZREM", arguments: [.text(list)] + gone.map { .text($0.rawValue) }, key: list))
    }
    return named.filter(living.contains)
  }

  // MARK: For the store that falls back on memory

  public func restore(_ session: StoredSession, as owner: SessionOwner?) async throws {
    _ = try await write(session, owner, isRestored: true)
  }

  public func isDeleted(_ id: SessionID) async throws -> Bool {
    let key = keys.deleted(id)
    return try await client.send(RedisCommand("EXISTS", .text(key), key: key)).integer == 1
  }

  public func living(_ ids: [SessionID]) async throws -> Set<SessionID> {
    let living = NIOLockedValueBox<Set<SessionID>>([])
    try await withLimitedConcurrency(ids) { [client, keys] id in
      let key = keys.session(id)
      guard try await client.send(RedisCommand("EXISTS", .text(key), key: key)).integer == 1 else { return }
      living.withLockedValue { _ = $0.insert(id) }
    }
    return living.withLockedValue { $0 }
  }

  private func write(_ session: StoredSession, _ owner: SessionOwner?, isRestored: Bool) async throws -> SessionStanding {
    let json = StoredSessionCodec.encode(session)
    let reply = try await Self.save.run(
      client, keys: keys(of: session.id),
      [
        .bytes(json), .integer(timeToLive), .text(session.userID), .text(owner?.instance ?? ""), .integer(owner?.generation ?? 0),
        .integer(isRestored ? session.updatedAt.milliseconds : -1),
      ])
    guard let standing = reply.string.flatMap(SessionStanding.init(rawValue:)) else {
      throw RedisError(.unexpectedReply, "the script that saves a session was not answered with its standing")
    }
    guard standing == .kept else { return standing }
    // The user's keys may be on another node than the session's.
    let list = keys.sessions(of: session.userID)
    _ = try await Self.list.run(
      client, keys: [list],
      [.text(session.id.rawValue), .integer(session.createdAt.milliseconds), .integer(timeToLive), .integer(Int64(Self.listed))])
    return .kept
  }

  private func keys(of id: SessionID) -> [String] { [keys.session(id), keys.deleted(id), keys.owner(id)] }

  /// Nil where no connection runs the session.
  private static func owner(generation: RedisReply, instance: RedisReply) -> SessionOwner? {
    guard let name = instance.string, !name.isEmpty, let number = generation.string.flatMap({ Int64($0) }) else { return nil }
    return SessionOwner(instance: name, generation: number)
  }

  // MARK: Scripts

  // What ends a key comes right after what makes it: where a right is missing a script stops in between, and what it wrote stays.

  /// Saves with its owner's name and generation; an older one's is not taken. `ARGV[6]` is -1, or when a copy was updated that is only to
  /// replace an older one.
  private static let save = RedisScript(
    """
    if redis.call('EXISTS', KEYS[2]) == 1 then return 'deleted' end
    local generation = tonumber(ARGV[5])
    local owner = redis.call('HMGET', KEYS[3], 'generation', 'instance')
    if generation > 0 then
      local standing = tonumber(owner[1] or '0')
      if standing > generation or (standing == generation and owner[2] and owner[2] ~= ARGV[4]) then return 'replaced' end
    end
    if ARGV[6] ~= '-1' then
      local there = redis.call('GET', KEYS[1])
      if there then
        local good, session = pcall(cjson.decode, there)
        if good and (tonumber(session['updated_at']) or 0) > tonumber(ARGV[6]) then return 'kept' end
      end
    end
    if generation > 0 and (owner[1] ~= ARGV[5] or owner[2] ~= ARGV[4]) then redis.call('HDEL', KEYS[3], 'claim', 'arrival') end
    redis.call('HSET', KEYS[3], 'user', ARGV[3])
    if generation > 0 then redis.call('HSET', KEYS[3], 'generation', ARGV[5], 'instance', ARGV[4]) end
    redis.call('PEXPIRE', KEYS[3], ARGV[2])
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 'kept'
    """)

  /// Answers an owner, and the time in microseconds.
  private static let tenure = RedisScript(
    """
    local owner = redis.call('HMGET', KEYS[1], 'user', 'generation', 'instance')
    local time = redis.call('TIME')
    return {owner[1], owner[2], owner[3], string.format('%.0f', time[1] * 1000000 + time[2])}
    """)

  /// A generation is no less than the time, so that it grows also where Redis lost the one before. Of two claims the later has the session,
  /// in whichever order they come here. An owner without an arrival is of an older release, or began the session: it is the earliest. So is
  /// one from the future, which a clock that was set back leaves behind.
  private static let take = RedisScript(
    """
    if redis.call('EXISTS', KEYS[2]) == 1 then return false end
    local session = redis.call('GET', KEYS[1])
    if not session then return false end
    local owner = redis.call('HMGET', KEYS[3], 'generation', 'instance', 'claim', 'arrival')
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    local arrival, standing = math.min(tonumber(ARGV[4]) or now, now), tonumber(owner[4] or '0')
    if standing > now then standing = 0 end
    if owner[2] == ARGV[1] then
      if tonumber(owner[3] or '0') > tonumber(ARGV[3]) then return 'replaced' end
    elseif owner[2] and standing > arrival then
      return 'replaced'
    end
    local generation = math.max(tonumber(owner[1] or '0') + 1, time[1] * 1000 + math.floor(time[2] / 1000))
    local text = string.format('%.0f', generation)
    arrival = string.format('%.0f', math.max(arrival, standing))
    redis.call('HSET', KEYS[3], 'generation', text, 'instance', ARGV[1], 'claim', ARGV[3], 'arrival', arrival)
    redis.call('PEXPIRE', KEYS[3], ARGV[2])
    return {session, text, owner[1] or '', owner[2] or ''}
    """)

  private static let delete = RedisScript(
    """
    redis.call('SET', KEYS[2], 1, 'PX', ARGV[1])
    return redis.call('DEL', KEYS[1])
    """)

  private static let touch = RedisScript(
    """
    if redis.call('EXISTS', KEYS[2]) == 1 then return {'deleted'} end
    local owner = redis.call('HMGET', KEYS[3], 'generation', 'instance', 'user')
    local generation, standing = tonumber(ARGV[3]), tonumber(owner[1] or '0')
    if generation > 0 and (standing > generation or (standing == generation and owner[2] and owner[2] ~= ARGV[2])) then
      return {'replaced'}
    end
    if redis.call('PEXPIRE', KEYS[1], ARGV[1]) == 0 then return {'missing'} end
    redis.call('PEXPIRE', KEYS[3], ARGV[1])
    if owner[3] then return {'kept', owner[3]} end
    local good, session = pcall(cjson.decode, redis.call('GET', KEYS[1]))
    return {'kept', good and session['user_id'] or ''}
    """)

  private static let leave = RedisScript(
    """
    local owner = redis.call('HMGET', KEYS[3], 'generation', 'instance')
    if owner[1] ~= ARGV[2] or owner[2] ~= ARGV[1] then return 0 end
    if ARGV[3] == '1' then redis.call('DEL', KEYS[1], KEYS[3]) else redis.call('HDEL', KEYS[3], 'instance', 'claim', 'arrival') end
    return 1
    """)

  private static let list = RedisScript(
    """
    redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[4]) - 1)
    return 1
    """)
}
