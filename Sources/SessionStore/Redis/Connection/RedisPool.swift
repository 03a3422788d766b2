import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// All connections to one server: one for each event loop, within the bound.
final class RedisPool: Sendable {
  let endpoint: RedisEndpoint
  private let links: [RedisChannel]
  private let next = Atomic<Int>(0)

  init(_ target: RedisChannel.Target, group: any EventLoopGroup, logger: Logger, jitter: @escaping @Sendable () -> Double) {
    endpoint = target.endpoint
    links = group.makeIterator().prefix(max(1, target.maximumConnections)).map {
      RedisChannel(target, eventLoop: $0, logger: logger, jitter: jitter)
    }
  }

  /// One after the other: callers are tasks, which are on no event loop.
  var link: RedisChannel {
    guard links.count > 1 else { return links[0] }
    return links[Int(UInt(bitPattern: next.add(1, ordering: .relaxed).oldValue) % UInt(links.count))]
  }

  /// Dials what waits for its next attempt, and throws unless every connection answers.
  func answersEverywhere(deadline: NIODeadline) async throws(RedisError) {
    let failure = await RedisPoll.ask(links, RedisCommand("PING"), deadline: deadline) { _, result -> RedisError? in
      switch result {
      case .success(.status): nil
      case .success(.error(let error)): RedisError(.refused, error.description, reply: error)
      case .success: RedisError(.unexpectedReply, "PING was not answered with PONG")
      case .failure(let error): error
      }
    }
    if let failure { throw failure }
  }

  func reconnect(_ reason: RedisError) { for link in links { link.reconnect(reason) } }
  /// - Parameter error: told to the commands that are under way; nil: the client is shut down.
  func close(_ error: RedisError? = nil) {
    for link in links { if let error { link.close(error) } else { link.close() } }
  }
}
