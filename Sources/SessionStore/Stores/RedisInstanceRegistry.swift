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

  /// Returns the last stats of each instance, by its name. Read without a script: a hundred instances say some megabytes, and a script would
  /// keep Redis from all else while it looks at them.
  public func all() async throws -> [String: String] {
    let time = try await client.send(RedisCommand("TIME", key: key)).array
    guard let now = time?.first?.string.flatMap({ Int64($0) }).map({ $0 * 1_000 }),
      let fields = try await client.send(RedisCommand("HGETALL", .text(key), key: key)).array
    else { return [:] }
    var texts: [String: String] = [:]
    var gone: [RedisArgument] = []
    for index in stride(from: 0, to: fields.count - 1, by: 2) {
      guard let name = fields[index].string, let value = fields[index + 1].string,
        let space = value.utf8.firstIndex(of: UInt8(ascii: " "))
      else { continue }
      if let end = Int64(value[..<space]), end > now {
        texts[name] = String(value[value.index(after: space)...])
      } else {
        gone.append(.text(name))
      }
    }
    if !gone.isEmpty { _ = try await client.send(RedisCommand("HDEL", arguments: [.text(key)] + gone, key: key)) }
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
}
