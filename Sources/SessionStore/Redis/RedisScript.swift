import VoiceCore

/// A Lua script that Redis runs as one atomic step. It is named by its hash, and sent whole to a server that does not know it yet.
struct RedisScript: Sendable {
  let source: String
  let hash: String

  init(_ source: String) {
    self.source = source
    hash = SHA1.hexadecimal(source.utf8)
  }

  /// All keys share their hash tag. Every script here does when it runs twice what it does when it runs once.
  func run(_ client: RedisClient, keys: [String], _ arguments: [RedisArgument]) async throws(RedisError) -> RedisReply {
    let rest = [.integer(Int64(keys.count))] + keys.map { RedisArgument.text($0) } + arguments
    do throws(RedisError) {
      return try await client.send(RedisCommand("EVALSHA", arguments: [.text(hash)] + rest, key: keys.first))
    } catch {
      guard error.reply?.code == .noScript else { throw error }
      return try await client.send(RedisCommand("EVAL", arguments: [.text(source)] + rest, key: keys.first))
    }
  }
}
