import Logging
import NIOCore
import NIOSSL

extension RedisConfiguration {
  func dialBackoff(maximum: Duration? = nil) -> Backoff {
    Backoff(first: retry.firstDialDelay, factor: retry.backoffFactor, maximum: maximum ?? retry.maximumDelay)
  }

  /// Target for a server that holds data; the endpoint is filled in later.
  func serverTarget(_ tls: NIOSSLContext?) -> RedisChannel.Target {
    var steps: [RedisHandshake.Step] = url.credentials.map { [.authenticate($0)] } ?? []
    steps.append(.name(clientName))
    switch url.topology {
    case .single, .sentinel: if url.database != 0 { steps.append(.select(url.database)) }
    case .cluster: break
    }
    if case .sentinel = url.topology { steps.append(.requireMaster) }
    return target(RedisHandshake(steps: steps), tls)
  }

  /// Target for a sentinel.
  func sentinelTarget(_ tls: NIOSSLContext?) -> RedisChannel.Target {
    let credentials = url.sentinelCredentials ?? url.credentials
    let steps: [RedisHandshake.Step] = (credentials.map { [.authenticate($0)] } ?? []) + [.name(clientName)]
    return target(RedisHandshake(steps: steps, toleratesNeedlessPassword: url.sentinelCredentials == nil), tls)
  }

  func topology(
    _ pools: RedisPools, tls: NIOSSLContext?, group: any EventLoopGroup, logger: Logger, jitter: @escaping @Sendable () -> Double
  ) -> any RedisTopology {
    let timeout = TimeAmount(commandTimeout)
    switch url.topology {
    case .single: return SingleTopology(endpoint: url.endpoints[0])
    case .cluster: return ClusterTopology(seeds: url.endpoints, pools: pools, timeout: timeout)
    case .sentinel(let master):
      // Sentinels are asked seldom: one connection to each will do.
      let sentinelPools = RedisPools(sentinelTarget(url.sentinelsUseTLS ? tls : nil), group: group.any(), logger: logger, jitter: jitter)
      return SentinelTopology(
        master: master, sentinels: url.endpoints, sentinelPools: sentinelPools, serverPools: pools, timeout: timeout,
        subscription: RedisSubscription(group: group, logger: logger, backoff: dialBackoff(maximum: .seconds(1)), jitter: jitter))
    }
  }

  private func target(_ handshake: RedisHandshake, _ tls: NIOSSLContext?) -> RedisChannel.Target {
    RedisChannel.Target(
      endpoint: url.endpoints[0], handshake: handshake, tls: tls, connectTimeout: TimeAmount(connectTimeout),
      backoff: dialBackoff(), bounds: bounds, maximumConnections: maximumConnections, refusals: LoginErrorLog())
  }
}
