import NIOCore

/// Rights that a user of Redis lacks, tried one command after the other: a refusal names the first one alone.
struct RedisRights {
  let client: RedisClient
  let prefix: String
  private var channels: RedisNoticeChannels { RedisNoticeChannels(prefix: prefix, of: client) }

  /// Rights as an ACL writes them: `+zadd`, `~voice:*`, `&voice:notices*`. Each once, in the order of the trials.
  func missing() async -> [String] {
    var found: [String] = []
    for command in trials {
      do {
        _ = try await client.send(command)
      } catch {
        guard let right = right(refusedBy: error.reply, to: command.name), !found.contains(right) else { continue }
        found.append(right)
        // What follows would leave keys behind that nothing ends.
        if command.name == "SET" { break }
      }
    }
    return found
  }

  /// The right that this reply asks for; nil where it is about something else. Redis 7 and Valkey tell keys and channels from commands.
  func right(refusedBy reply: RedisErrorReply?, to command: String) -> String? {
    guard let reply, reply.code == .noPermission else { return nil }
    if reply.description.contains("keys") { return "~\(prefix)*" }
    if reply.description.contains("channels") { return channels.right }
    return "+\(command.lowercased())"
  }

  /// One of each command, with arguments that write nothing: the key holds a text for two seconds, on which those for other types fail.
  private var trials: [RedisCommand] {
    let key = RedisKeys(prefix: prefix).probe("rights")
    func on(_ name: String, _ arguments: RedisArgument...) -> RedisCommand {
      RedisCommand(name, arguments: [.text(key)] + arguments, key: key)
    }
    return [
      RedisCommand("PING"), RedisCommand("INFO"), RedisCommand("TIME"), on("SET", "1", "PX", 2_000), on("GET"), on("EXISTS"), on("PTTL"),
      on("EXPIRE", 2), on("PEXPIRE", 2_000), on("ZADD", 1, "x"), on("ZREM", "x"), on("ZCARD"), on("ZSCORE", "x"), on("ZRANGE", 0, 1),
      on("ZREMRANGEBYSCORE", 0, 1), on("ZREMRANGEBYRANK", 0, 1), on("HSET", "x", 1), on("HGET", "x"), on("HDEL", "x"), on("HGETALL"),
      on("HMGET", "x"), on("HINCRBY", "x", 1), on("PFADD", "x"), on("PFCOUNT"),
      RedisCommand("EVAL", "return 1", 1, .text(key), key: key), RedisCommand("EVALSHA", "0", 1, .text(key), key: key),
      RedisCommand("PUBLISH", .text(channels.all), ""), on("DEL"),
    ]
  }
}
