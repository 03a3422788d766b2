/// Sums of each day over all instances, kept for 40 days: a hash `PREFIXday:{DAY}`, and the distinct users in `PREFIXusers:{DAY}`
/// (Redis' HyperLogLog, which holds no names).
public struct RedisDailyTotals: Sendable {
  /// Totals of one day over all instances.
  public struct Page: Sendable, Equatable {
    /// Sums by name.
    public var sums: [String: Int]
    /// Number of distinct users, estimated.
    public var users: Int
  }
  private let client: RedisClient
  private let keys: RedisKeys
  private static let lifetime: Int64 = 40 * 86_400_000

  /// Creates a book of days in Redis.
  public init(_ client: RedisClient, prefix: String = "voice:") {
    self.client = client
    keys = RedisKeys(prefix: prefix)
  }

  /// Adds to a day.
  ///
  /// - Parameters:
  ///   - writer: names this process, of which one addition at a time is under way.
  ///   - batch: names this addition, which counts once when it is repeated because its reply was lost.
  ///   - sums: amounts to add, by name.
  ///   - users: users to add to the distinct count.
  ///   - day: day in UTC, as `2026-11-27`.
  public func add(_ sums: [String: Int], users: [String], to day: String, writer: String, batch: String) async throws {
    var arguments: [RedisArgument] = [.integer(Self.lifetime), .text("#" + writer), .text(batch), .integer(Int64(sums.count))]
    for (name, amount) in sums { arguments += [.text(name), .integer(Int64(amount))] }
    arguments += users.map { .text($0) }
    _ = try await Self.add.run(client, keys: names(of: day), arguments)
  }

  /// Returns the totals of a day, `2026-11-21`.
  public func page(_ day: String) async throws -> Page {
    guard let reply = try await Self.read.run(client, keys: names(of: day), []).array, reply.count == 2 else {
      return Page(sums: [:], users: 0)
    }
    let fields = reply[1].array ?? []
    var sums: [String: Int] = [:]
    for index in stride(from: 0, to: fields.count - 1, by: 2) {
      if let name = fields[index].string, let amount = fields[index + 1].string.flatMap({ Int($0) }) { sums[name] = amount }
    }
    return Page(sums: sums, users: Int(reply[0].integer ?? 0))
  }

  private func names(of day: String) -> [String] { [keys.day(day), keys.users(of: day)] }

  /// A refusal stops a script and undoes nothing. So first comes a PEXPIRE of what may not be there yet, which tells whether this user can end
  /// what follows; and the batch is noted only behind the users, which count once however often they are added. After a PEXPIRE a Redis whose
  /// memory is full takes what follows: it is a few KiB a day.
  private static let add = RedisScript(
    """
    if redis.call('HGET', KEYS[1], ARGV[2]) == ARGV[3] then return 0 end
    redis.call('PEXPIRE', KEYS[2], ARGV[1])
    local last = 4 + 2 * tonumber(ARGV[4])
    for index = last + 1, #ARGV do
      redis.call('PFADD', KEYS[2], ARGV[index])
      redis.call('PEXPIRE', KEYS[2], ARGV[1])
    end
    redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    for index = 5, last, 2 do redis.call('HINCRBY', KEYS[1], ARGV[index], ARGV[index + 1]) end
    return 1
    """)

  private static let read = RedisScript("return {redis.call('PFCOUNT', KEYS[2]), redis.call('HGETALL', KEYS[1])}")
}
