import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// All connections to one server: one for each event loop, within the bound.
final class RedisPool: Sendable {
  let endpoint: RedisEndpoint
  private let channels: [RedisChannel]
  private let next = Atomic<Int>(0)

  init(_ target: RedisChannel.Target, group: any EventLoopGroup, logger: Logger, jitter: @escaping @Sendable () -> Double) {
    endpoint = target.endpoint
    channels = group.makeIterator().prefix(max(1, target.maximumConnections)).map {
      RedisChannel(target, eventLoop: $0, logger: logger, jitter: jitter)
    }
  }

  /// One after the other: callers are tasks, which are on no event loop.
  var channel: RedisChannel {
    guard channels.count > 1 else { return channels[0] }
    return channels[Int(UInt(bitPattern: next.add(1, ordering: .relaxed).oldValue) % UInt(channels.count))]
  }

  /// Dials what waits for its next attempt, and throws unless every connection answers.
  func answersEverywhere(deadline: NIODeadline) async throws(RedisError) {
    let failure = await RedisChannel.firstDecisiveReply(of: channels, to: RedisCommand("PING"), deadline: deadline) {
      _, result -> RedisError? in
      switch result {
      case .success(.status): nil
      case .success(.error(let error)): RedisError(.refused, error.description, reply: error)
      case .success: RedisError(.unexpectedReply, "PING was not answered with PONG")
      case .failure(let error): error
      }
    }
    if let failure { throw failure }
  }

  func reconnect(_ reason: RedisError) { for channel in channels { channel.reconnect(reason) } }
  /// - Parameter error: told to the commands that are under way; nil: the client is shut down.
  func close(_ error: RedisError? = nil) {
    for channel in channels { if let error { channel.close(error) } else { channel.close() } }
  }
}
