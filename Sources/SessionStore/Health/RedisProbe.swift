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
  /// - Parameter inTurn: true: one command after the other, each with all of its deadline, for a server far away; else side by side, since a
  ///   return waits for it.
  /// - Throws: ``RedisError`` with what the server answered.
  public func run(inTurn: Bool = false) async throws {
    try await client.probe(prefix: prefix, within: client.dialTimeout)
    // First what ends a key: a script that may write and may not do this would leave one behind for good.
    let key = RedisKeys(prefix: prefix).probe("end")
    _ = try await client.send(RedisCommand("PEXPIRE", .text(key), 1_000, key: key))
    if limits.spendPerDay != nil { _ = try await client.send(RedisCommand("EXPIRE", .text(key), 1, key: key)) }
    var generator = SystemRandomNumberGenerator()
    let id = SessionID(using: &generator)
    let user = "probe \(id)"
    let trials: [@Sendable () async throws -> Void] = [
      { try await tryLimiter(user, id) }, { try await tryLeases(user, id) }, { try await tryStore(user, id) },
      { try await tryTickets(user, id) }, { if limits.spendPerDay != nil { try await trySpending() } },
      { _ = try await client.send(RedisCommand("PUBLISH", .text(RedisNoticeChannels(prefix: prefix, of: client).one("probe")), "")) },
    ]
    if inTurn {
      for trial in trials { try await trial() }
    } else {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for trial in trials { group.addTask { try await trial() } }
        try await group.waitForAll()
      }
    }
  }

  // MARK: Each command that a store gives, and each script

  private static let owner = SessionOwner(instance: "probe", generation: 1)
  private static let lifetime = Duration.seconds(1)

  private func tryLimiter(_ user: String, _ id: SessionID) async throws {
    let limiter = RedisRateLimiter(client, prefix: prefix, limit: 1, window: Self.lifetime)
    _ = try await limiter.admit(user: user, session: id)
    try await limiter.record([RateAdmission(user: user, session: id, age: .zero)])
    try await limiter.refund(user: user, session: id)
    try await limiter.reset(user: user)
  }

  private func tryLeases(_ user: String, _ id: SessionID) async throws {
    // With a cap, so that the script runs where the gateway's own leases have none.
    let leases = RedisSessionLeases(client, prefix: prefix, limit: 1, timeToLive: Self.lifetime)
    _ = try await leases.acquire(user: user, session: id, owner: Self.owner)
    // A newer owner's takes the place of the older one's.
    let newer = SessionOwner(instance: "probe", generation: 2)
    _ = try await leases.acquire(user: user, session: id, owner: newer)
    try await leases.release(user: user, session: id, owner: newer)
  }

  private func tryStore(_ user: String, _ id: SessionID) async throws {
    let store = RedisSessionStore(client, prefix: prefix, timeToLive: Self.lifetime)
    let time = UnixTime(milliseconds: 0)
    let session = StoredSession(id: id, userID: user, plan: nil, model: "probe", createdAt: time, updatedAt: time)
    try await store.save(session, as: Self.owner)
    _ = try await store.tenure(of: id)
    if let taken = try await store.take(id, by: "probe") { try await store.leave(id, as: taken.owner, forgets: false) }
    try await store.restore(session, as: nil)
    try await store.touch(id, as: nil)
    _ = try await store.load(id)
    _ = try await store.isDeleted(id)
    _ = try await store.sessions(of: user)
    try await store.delete(id)
    // One that is gone is taken off the list.
    _ = try await store.sessions(of: user)
  }

  private func tryTickets(_ user: String, _ id: SessionID) async throws {
    let tickets = RedisTicketStore(client, prefix: prefix)
    let name = "probe \(id)"
    let holder = VerifiedToken(userID: user, plan: nil, expiresAt: UnixTime(milliseconds: 0))
    _ = try await tickets.put(holder, under: name, for: Self.lifetime)
    _ = try await tickets.find(name)
    _ = try await tickets.take(name)
  }

  /// A ledger lives for a day: a probe that is cut short leaves one for the whole process, and not one each time.
  private static let spender = {
    var generator = SystemRandomNumberGenerator()
    return SessionID(using: &generator)
  }()

  private func trySpending() async throws {
    let (user, id) = ("probe \(Self.spender)", Self.spender)
    let ledger = RedisSpendLimiter(client, prefix: prefix, limit: 1)
    _ = try await ledger.reserve(1, for: id, of: user)
    try await ledger.settle(1, for: id, of: user)
    let key = RedisKeys(prefix: prefix).spend(of: user)
    _ = try await client.send(RedisCommand("DEL", .text(key), key: key))
  }

  /// Rights that the user lacks, as an ACL writes them: `+zadd`, `~voice:*`. To be asked after ``run(inTurn:)`` was refused.
  public func missingRights() async -> [String] { await RedisRights(client: client, prefix: prefix).missing() }

  /// Listens for a moment on the channel of all instances.
  ///
  /// - Throws: ``RedisError`` where the server does not let this user listen.
  public func listen() async throws {
    let deadline = client.dialTimeout
    let (events, continuation) = AsyncStream<RedisSubscription.Event>.makeStream(bufferingPolicy: .bufferingNewest(16))
    let channels = RedisNoticeChannels(prefix: prefix, of: client)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [client] in
        await client.subscribe(to: [channels.all, channels.one("probe")]) { continuation.yield($0) }
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
