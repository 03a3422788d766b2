import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

/// The connections to every server that has been spoken to.
final class RedisPools: Sendable {
  private struct State {
    var pools: [RedisEndpoint: RedisPool] = [:]
    var isClosed = false
  }

  let group: any EventLoopGroup
  /// Connections that were lost, to all servers together.
  var losses: LostConnections { template.losses }
  private let template: RedisChannel.Target
  private let logger: Logger
  private let jitter: @Sendable () -> Double
  private let state = NIOLockedValueBox(State())

  /// - Parameter template: of every connection; its endpoint is replaced.
  init(_ template: RedisChannel.Target, group: any EventLoopGroup, logger: Logger, jitter: @escaping @Sendable () -> Double) {
    self.template = template
    self.group = group
    self.logger = logger
    self.jitter = jitter
  }

  subscript(endpoint: RedisEndpoint) -> RedisPool {
    state.withLockedValue { state in
      if let pool = state.pools[endpoint] { return pool }
      let pool = RedisPool(target(endpoint), group: group, logger: logger, jitter: jitter)
      if state.isClosed { pool.close() } else { state.pools[endpoint] = pool }
      return pool
    }
  }

  func target(_ endpoint: RedisEndpoint) -> RedisChannel.Target {
    var target = template
    target.endpoint = endpoint
    return target
  }

  /// Closes the connections to all other servers.
  func keep(_ endpoints: Set<RedisEndpoint>) {
    let (gone, isClosed) = state.withLockedValue { state in
      let gone = state.pools.filter { !endpoints.contains($0.key) }
      for endpoint in gone.keys { state.pools[endpoint] = nil }
      return (gone, state.isClosed)
    }
    // Tried again on the servers that are left.
    for pool in gone.values {
      pool.close(isClosed ? nil : RedisError(.connectionLost, "the server is not used any more", mayHaveRun: true))
    }
  }

  func close() {
    state.withLockedValue { $0.isClosed = true }
    keep([])
  }
}
