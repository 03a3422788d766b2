import NIOCore

/// A command on its way, and the receiver of its result.
struct RedisRequest: Sendable {
  let wire: ByteBuffer
  /// Replies that come first and are dropped: `ASKING` goes before a command that a cluster redirected.
  var ignoredReplies = 0
  let deadline: NIODeadline
  /// Dials at once where a channel waits for its next attempt.
  var isUrgent = false
  /// Called exactly once, on any thread.
  let completion: @Sendable (Result<RedisReply, RedisError>) -> Void

  func complete(_ reply: RedisReply) { completion(.success(reply)) }
  func fail(_ error: RedisError) { completion(.failure(error)) }
}
