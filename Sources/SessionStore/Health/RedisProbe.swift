import NIOCore
import RateLimiting
import VoiceCore

/// Tries on throwaway keys what the stores need of Redis, so that a missing right, a replica or an old server is found before a user
/// finds it. The scripts are known to the server afterwards.
public struct RedisProbe: Sendable {
  private let client: RedisClient
  private let prefix: String
  private let limits: RedisStorage.Limits

  init(_ client: RedisClient, prefix: String, limits: RedisStorage.Limits) {
    self.client = client
    self.prefix = prefix
    self.limits = limits
  }

  /// Dials where that is needed.
  ///
  /// - Throws: ``RedisError`` with what the server answered.
  public func run() async throws {
    try await client.probe(prefix: prefix, within: client.dialTimeout)
    var generator = SystemRandomNumberGenerator()
    let id = SessionID(using: &generator)
    let user = "probe \(id)"
    let owner = SessionOwner(instance: "probe", generation: 1)
    let limiter = RedisRateLimiter(client, prefix: prefix, limit: 1, window: .seconds(1))
    _ = try await limiter.admit(user: user, session: id)
    try await limiter.refund(user: user, session: id)
    let leases = RedisSessionLeases(client, prefix: prefix, limit: 1, timeToLive: .seconds(1))
    _ = try await leases.acquire(user: user, session: id, owner: owner)
    try await leases.release(user: user, session: id, owner: owner)
    let store = RedisSessionStore(client, prefix: prefix, timeToLive: .seconds(1))
    let time = UnixTime(milliseconds: 0)
    try await store.save(
      StoredSession(id: id, userID: user, plan: nil, model: "probe", createdAt: time, updatedAt: time), as: owner)
    _ = try await store.take(id, by: "probe")
    try await store.touch(id, as: nil)
    try await store.delete(id)
    let ledger = RedisSpendLimiter(client, prefix: prefix, limit: 1)
    if limits.spendPerDay != nil {
      _ = try await ledger.reserve(1, for: id, of: user)
      let key = RedisKeys(prefix: prefix).spend(of: user)
      _ = try await client.send(RedisCommand("DEL", .text(key), key: key))
    }
    _ = try await client.send(RedisCommand("PUBLISH", .text(RedisKeys(prefix: prefix).notices(to: "probe")), ""))
  }

  /// Rights that the user lacks, as an ACL writes them: `+zadd`, `~voice:*`. To be asked after ``run()`` was refused.
  public func missingRights() async -> [String] { await RedisRights(client: client, prefix: prefix).missing() }

  /// Listens for a moment on the channel of all instances.
  ///
  /// - Throws: ``RedisError`` where the server does not let this user listen.
  public func listen() async throws {
    let deadline = client.dialTimeout
    let (events, continuation) = AsyncStream<RedisSubscription.Event>.makeStream(bufferingPolicy: .bufferingNewest(16))
    let keys = RedisKeys(prefix: prefix)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [client] in
        await client.subscribe(to: [keys.notices, keys.notices(to: "probe")]) { continuation.yield($0) }
        try Task.checkCancellation()
      }
      group.addTask {
        try await Task.sleep(for: deadline)
        throw RedisError(.timedOut, "SUBSCRIBE was not answered")
      }
      group.addTask {
        for await event in events {
          switch event {
          case .subscribed: return
          case .forbidden(let error): throw RedisError(.refused, "\(error)", reply: error)
          case .message, .lost: break
          }
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
