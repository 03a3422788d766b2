import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// All connections to one server: one for each event loop.
final class RedisPool: Sendable {
  let endpoint: RedisEndpoint
  private let links: [RedisLink]
  private let next = Atomic<Int>(0)

  init(_ target: RedisLink.Target, group: any EventLoopGroup, logger: Logger, jitter: @escaping @Sendable () -> Double) {
    endpoint = target.endpoint
    links = group.makeIterator().map { RedisLink(target, eventLoop: $0, logger: logger, jitter: jitter) }
  }

  /// One after the other: callers are tasks, which are on no event loop.
  var link: RedisLink {
    guard links.count > 1 else { return links[0] }
    return links[Int(UInt(bitPattern: next.add(1, ordering: .relaxed).oldValue) % UInt(links.count))]
  }

  /// Dials what waits for its next attempt; true when every connection answers.
  func answersEverywhere(deadline: NIODeadline) async -> Bool {
    let isBad = await RedisPoll.ask(links, RedisCommand("PING"), deadline: deadline) { _, result -> Bool? in
      if case .success(.status) = result { nil } else { true }
    }
    return isBad == nil
  }

  func reconnect(_ reason: RedisError) { for link in links { link.reconnect(reason) } }
  func close() { for link in links { link.close() } }
}
