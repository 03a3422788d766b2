import NIOConcurrencyHelpers
import NIOCore

/// Asks several servers the same at once, and returns as soon as the replies decide: a silent server delays nothing.
enum RedisPoll {
  private struct State<Decision> {
    var waiting: Int
    var continuation: CheckedContinuation<Decision?, Never>?
  }

  /// - Parameter judge: sees one answer after the other; what it returns first is the outcome. Nil when all have answered without.
  static func ask<Decision: Sendable>(
    _ links: [RedisChannel], _ command: RedisCommand, deadline: NIODeadline,
    judge: @escaping @Sendable (RedisEndpoint, Result<RedisReply, RedisError>) -> Decision?
  ) async -> Decision? {
    guard !links.isEmpty else { return nil }
    return await withCheckedContinuation { continuation in
      let state = NIOLockedValueBox(State(waiting: links.count, continuation: continuation))
      for link in links {
        link.submit(
          RedisRequest(wire: command.wire, deadline: deadline, isUrgent: true) { result in
            let decision = judge(link.endpoint, result)
            let decided = state.withLockedValue { state in
              state.waiting -= 1
              return decision != nil || state.waiting == 0 ? state.continuation.take() : nil
            }
            decided?.resume(returning: decision)
          })
      }
    }
  }
}
