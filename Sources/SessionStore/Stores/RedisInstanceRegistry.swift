import VoiceCore

/// Registry of instances and their stats: a hash `PREFIXinstances`, of which every field says how long its instance counts as living. What an
/// instance said last stays, for a day at most, until another one keeps it.
public struct RedisInstanceRegistry: Sendable {
  private let client: RedisClient
  private let key: String
  /// Milliseconds after which an instance does not come back.
  private static let patience: Int64 = 3_600_000

  /// Creates a board of instances in Redis.
  public init(_ client: RedisClient, prefix: String = "voice:") {
    self.client = client
    key = prefix + "instances"
  }

  /// Puts `text` in place of what this instance said before; the instance counts as gone after `lifetime` unless it is said again.
  public func publish(_ text: String, as instance: String, for lifetime: Duration) async throws {
    _ = try await Self.publish.run(client, keys: [key], [.text(instance), .text(text), .integer(lifetime.inMilliseconds)])
  }

  /// What the instances said last, by their names.
  public struct Board: Sendable, Equatable {
    /// Of instances that said it within their lifetime.
    public var living: [String: String] = [:]
    /// Of instances that are gone, or have been silent since.
    public var departed: [String: String] = [:]
    /// Of instances that have been gone for so long that they will not come back: another one may keep what they said.
    public var abandoned: [String: String] = [:]
  }

  /// Removes what an abandoned instance said last; true for one caller alone, who keeps it from then on.
  public func takeOver(_ instance: String) async throws -> Bool {
    try await client.send(RedisCommand("HDEL", .text(key), .text(instance), key: key)).integer == 1
  }

  /// Returns the last stats of all instances. Read without a script: a hundred instances say some megabytes, and a script would
  /// keep Redis from all else while it looks at them.
  public func read() async throws -> Board {
    let time = try await client.send(RedisCommand("TIME", key: key)).array
    guard let now = time?.first?.string.flatMap({ Int64($0) }).map({ $0 * 1_000 }),
      let fields = try await client.send(RedisCommand("HGETALL", .text(key), key: key)).array
    else { return Board() }
    var board = Board()
    for index in stride(from: 0, to: fields.count - 1, by: 2) {
      guard let name = fields[index].string, let value = fields[index + 1].string,
        let space = value.utf8.firstIndex(of: UInt8(ascii: " "))
      else { continue }
      let text = String(value[value.index(after: space)...])
      let end = Int64(value[..<space]) ?? 0
      if end > now {
        board.living[name] = text
      } else if end > now - Self.patience {
        board.departed[name] = text
      } else {
        board.abandoned[name] = text
      }
    }
    return board
  }

  /// The first PEXPIRE tells whether this user can end a key that is not there yet: a script that is refused undoes nothing.
  private static let publish = RedisScript(
    """
    redis.call('PEXPIRE', KEYS[1], 86400000)
    local time = redis.call('TIME')
    local ends = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[3])
    redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', ends) .. ' ' .. ARGV[2])
    redis.call('PEXPIRE', KEYS[1], 86400000)
    return 1
    """)
}
