public import VoiceCore

/// Tickets in Redis, good once over all instances: `PREFIXticket:{TICKET}`, with a time to live.
public final class RedisTicketStore: TicketStore {
  private let client: RedisClient
  private let keys: RedisKeys
  private let claim: @Sendable () -> String

  /// - Parameter claim: draws a name for each attempt to take, so that one whose reply was lost can be repeated.
  public init(_ client: RedisClient, prefix: String = "voice:", claim: @escaping @Sendable () -> String = RedisTicketStore.randomClaim) {
    self.client = client
    keys = RedisKeys(prefix: prefix)
    self.claim = claim
  }

  public func put(_ ticket: Secret, meaning: Secret, timeToLive: Duration) async throws {
    _ = try await Self.put.run(
      client, keys: [keys.ticket(ticket.expose())], [.text(meaning.expose()), .integer(timeToLive.inMilliseconds)])
  }

  public func take(_ ticket: Secret) async throws -> Secret? {
    try await Self.take.run(client, keys: [keys.ticket(ticket.expose())], [.text(claim())]).string.map { Secret($0) }
  }

  public static func randomClaim() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }

  private static let put = RedisScript(
    """
    redis.call('HSET', KEYS[1], 'meaning', ARGV[1])
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return 1
    """)

  /// What was taken stays until its time is over, with the name of who took it.
  private static let take = RedisScript(
    """
    local ticket = redis.call('HMGET', KEYS[1], 'meaning', 'taker')
    if not ticket[1] or (ticket[2] and ticket[2] ~= ARGV[1]) then return false end
    redis.call('HSET', KEYS[1], 'taker', ARGV[1])
    return ticket[1]
    """)
}
