import VoiceCore

/// Registry of instances and their stats: a hash `PREFIXinstances`, of which every field expires by itself.
public struct RedisInstanceRegistry: Sendable {
  private let client: RedisClient
  private let key: String

  /// Creates a board of instances in Redis.
  public init(_ client: RedisClient, prefix: String = "voice:") {
    self.client = client
    key = prefix + "instances"
  }

  /// Puts `text` in place of what this instance said before; gone after `lifetime` unless it is said again.
  public func publish(_ text: String, as instance: String, for lifetime: Duration) async throws {
    _ = try await Self.publish.run(client, keys: [key], [.text(instance), .text(text), .integer(lifetime.inMilliseconds)])
  }

  /// Removes what an instance published.
  public func remove(_ instance: String) async throws {
    _ = try await client.send(RedisCommand("HDEL", .text(key), .text(instance), key: key))
  }

  /// Returns the last stats of each instance, by its name.
  public func all() async throws -> [String: String] {
    guard let fields = try await Self.read.run(client, keys: [key], []).array else { return [:] }
    var texts: [String: String] = [:]
    for index in stride(from: 0, to: fields.count - 1, by: 2) {
      if let name = fields[index].string, let text = fields[index + 1].string { texts[name] = text }
    }
    return texts
  }

  private static let publish = RedisScript(
    """
    local time = redis.call('TIME')
    local ends = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[3])
    redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', ends) .. ' ' .. ARGV[2])
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
    return 1
    """)

  private static let read = RedisScript(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local all = redis.call('HGETALL', KEYS[1])
    local live = {}
    for index = 1, #all, 2 do
      local space = string.find(all[index + 1], ' ', 1, true)
      if tonumber(string.sub(all[index + 1], 1, space - 1)) > now then
        live[#live + 1] = all[index]
        live[#live + 1] = string.sub(all[index + 1], space + 1)
      else
        redis.call('HDEL', KEYS[1], all[index])
      end
    end
    return live
    """)
}
