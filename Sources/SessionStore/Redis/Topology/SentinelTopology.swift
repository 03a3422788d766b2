import Logging
import NIOConcurrencyHelpers
import NIOCore

/// One master that sentinels watch over: asks them where it is, and follows what they announce.
final class SentinelTopology: RedisTopology {
  private struct State {
    var master: RedisEndpoint?
    var isStale = true
    var askedAt: NIODeadline?
  }

  /// Minimum interval of rounds: a failover takes seconds, and every command that fails asks for one.
  private static let interval = TimeAmount.milliseconds(100)

  private let master: String
  private let sentinels: [RedisEndpoint]
  private let sentinelPools: RedisPools
  private let serverPools: RedisPools
  private let timeout: TimeAmount
  private let subscription: RedisSubscription
  private let state = NIOLockedValueBox(State())
  private let flight = SingleFlight<RedisEndpoint?>()

  init(
    master: String, sentinels: [RedisEndpoint], sentinelPools: RedisPools, serverPools: RedisPools, timeout: TimeAmount,
    subscription: RedisSubscription
  ) {
    self.master = master
    self.sentinels = sentinels
    self.sentinelPools = sentinelPools
    self.serverPools = serverPools
    self.timeout = timeout
    self.subscription = subscription
  }

  func server(for key: String?, deadline: NIODeadline) async throws(RedisError) -> RedisEndpoint {
    let now = NIODeadline.now()
    let (known, isDue) = state.withLockedValue { state in
      (state.master, state.isStale && state.askedAt.map { $0 + Self.interval <= now } ?? true)
    }
    if let known, !isDue { return known }
    let ask = min(deadline, now + timeout)
    let found = await flight.run(deadline: deadline, timer: sentinelPools.group.any()) { await find(deadline: ask) } ?? nil
    // Sentinels that are unreachable do not make the master any worse.
    guard let endpoint = found ?? known else { throw RedisError(.noServer, "no sentinel knows the master \(master)") }
    return endpoint
  }

  func masters(deadline: NIODeadline) async throws(RedisError) -> [RedisEndpoint] {
    changed(nil)
    return [try await server(for: nil, deadline: deadline)]
  }

  func moved(_ slot: Int, to endpoint: RedisEndpoint) {}
  func changed(_ endpoint: RedisEndpoint?) { state.withLockedValue { $0.isStale = true } }

  func run() async {
    let turn = NIOLockedValueBox(0)
    await subscription.run(
      on: ["+switch-master"],
      server: { [self] in
        let index = turn.withLockedValue { turn in
          defer { turn += 1 }
          return turn % sentinels.count
        }
        return sentinelPools.target(sentinels[index])
      },
      deliver: { [self] event in
        switch event {
        case .message(_, let payload):
          if let endpoint = SentinelVote.newMaster(String(buffer: payload), of: master) { use(endpoint) }
        case .subscribed, .lost, .forbidden: changed(nil)
        }
      })
  }

  func close() { sentinelPools.close() }

  private func find(deadline: NIODeadline) async -> RedisEndpoint? {
    state.withLockedValue { $0.isStale = false }
    let vote = NIOLockedValueBox(SentinelVote(electorate: sentinels.count))
    let command = RedisCommand("SENTINEL", "GET-MASTER-ADDR-BY-NAME", .text(master))
    let found = await RedisChannel.firstDecisiveReply(of: sentinels.map { sentinelPools[$0].channel }, to: command, deadline: deadline) {
      _, result in
      vote.withLockedValue { $0.heard((try? result.get()).flatMap(SentinelVote.endpoint)) }
    }
    state.withLockedValue { state in
      state.askedAt = .now()
      if found == nil { state.isStale = true }
    }
    if let found { use(found) }
    return found
  }

  private func use(_ endpoint: RedisEndpoint) {
    let isNew = state.withLockedValue { state in
      defer { state.master = endpoint }
      return state.master != endpoint
    }
    if isNew { serverPools.keep([endpoint]) }
  }
}
