import NIOConcurrencyHelpers
import NIOCore

extension RedisChannel {
  private struct State<Decision> {
    var waiting: Int
    var continuation: CheckedContinuation<Decision?, Never>?
  }

  /// Sends one command to several servers at once, and returns as soon as the replies decide: a silent server delays nothing.
  ///
  /// - Parameter decide: sees one reply after the other; what it returns first is the outcome. Nil when all have replied without.
  static func firstDecisiveReply<Decision: Sendable>(
    of channels: [RedisChannel], to command: RedisCommand, deadline: NIODeadline,
    decide: @escaping @Sendable (RedisEndpoint, Result<RedisReply, RedisError>) -> Decision?
  ) async -> Decision? {
    guard !channels.isEmpty else { return nil }
    return await withCheckedContinuation { continuation in
      let state = NIOLockedValueBox(State(waiting: channels.count, continuation: continuation))
      for channel in channels {
        channel.submit(
          RedisRequest(wire: command.wire, deadline: deadline, isUrgent: true) { result in
            let decision = decide(channel.endpoint, result)
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
