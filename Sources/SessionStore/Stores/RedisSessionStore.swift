import NIOConcurrencyHelpers
import NIOCore
public import VoiceCore

/// Sessions in Redis, for all instances: `PREFIXsession:{ID}`, versioned JSON with a time to live.
public final class RedisSessionStore: RestorableSessionStore {
  /// What is listed of one user.
  private static let listed = 100

  private let client: RedisClient
  private let keys: RedisKeys
  private let timeToLive: Int64

  /// - Parameter timeToLive: of a session after it was saved or touched.
  public init(_ client: RedisClient, prefix: String = "voice:", timeToLive: Duration = .seconds(3_600)) {
    self.client = client
    keys = RedisKeys(prefix: prefix)
    self.timeToLive = timeToLive.inMilliseconds
  }

  public func save(_ session: StoredSession) async throws { _ = try await write(session, Self.save) }

  public func load(_ id: SessionID) async throws -> StoredSession? {
    let key = keys.session(id)
    return switch try await client.send(RedisCommand("GET", .text(key), key: key)) {
    case .null: nil
    case .bulk(let json): try decoded(json)
    case .status, .integer, .array, .error: throw RedisError(.unexpectedReply, "GET was not answered with a string")
    }
  }

  @discardableResult public func delete(_ id: SessionID) async throws -> Bool {
    try await Self.delete.run(client, keys: [keys.session(id), keys.deleted(id)], [.integer(timeToLive)]).integer == 1
  }

  @discardableResult public func touch(_ id: SessionID) async throws -> Bool {
    guard let user = try await Self.touch.run(client, keys: [keys.session(id)], [.integer(timeToLive)]).string else { return false }
    let list = keys.sessions(of: user)
    _ = try await client.send(RedisCommand("PEXPIRE", .text(list), .integer(timeToLive), key: list))
    return true
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

  public func restore(_ session: StoredSession) async throws { _ = try await write(session, Self.restore) }

  public func isDeleted(_ id: SessionID) async throws -> Bool {
    let key = keys.deleted(id)
    return try await client.send(RedisCommand("EXISTS", .text(key), key: key)).integer == 1
  }

  public func living(_ ids: [SessionID]) async throws -> Set<SessionID> {
    let living = NIOLockedValueBox<Set<SessionID>>([])
    try await Bounded.all(ids) { [client, keys] id in
      let key = keys.session(id)
      guard try await client.send(RedisCommand("EXISTS", .text(key), key: key)).integer == 1 else { return }
      living.withLockedValue { _ = $0.insert(id) }
    }
    return living.withLockedValue { $0 }
  }

  private func write(_ session: StoredSession, _ script: RedisScript) async throws -> Bool {
    let json = try StoredSessionCodec.encode(session)
    let written = try await script.run(
      client, keys: [keys.session(session.id), keys.deleted(session.id)],
      [.bytes(json), .integer(timeToLive), .integer(session.updatedAt.milliseconds)])
    guard written.integer == 1 else { return false }
    // The user's keys may be on another node than the session's.
    let list = keys.sessions(of: session.userID)
    _ = try await Self.list.run(
      client, keys: [list],
      [.text(session.id.rawValue), .integer(session.createdAt.milliseconds), .integer(timeToLive), .integer(Int64(Self.listed))])
    return true
  }

  private func decoded(_ json: ByteBuffer) throws(RedisError) -> StoredSession {
    do { return try StoredSessionCodec.decode(json) } catch { throw RedisError(.unexpectedReply, "\(error)") }
  }

  // MARK: Scripts

  private static let save = RedisScript(
    """
    if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1
    """)

  private static let restore = RedisScript(
    """
    if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
    local there = redis.call('GET', KEYS[1])
    if there then
      local good, session = pcall(cjson.decode, there)
      if good and (tonumber(session['updated_at']) or 0) > tonumber(ARGV[3]) then return 0 end
    end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1
    """)

  private static let delete = RedisScript(
    """
    redis.call('SET', KEYS[2], 1, 'PX', ARGV[1])
    return redis.call('DEL', KEYS[1])
    """)

  private static let touch = RedisScript(
    """
    local there = redis.call('GET', KEYS[1])
    if not there then return false end
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    local good, session = pcall(cjson.decode, there)
    return good and session['user_id'] or ''
    """)

  private static let list = RedisScript(
    """
    redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[4]) - 1)
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
    return 1
    """)
}
