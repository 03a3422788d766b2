import NIOConcurrencyHelpers
import NIOCore

/// Redis Cluster: learns who serves which slot from any node, from redirections, and anew when a node is lost.
final class ClusterTopology: RedisTopology {
  private struct State {
    var slots = ClusterSlots()
    var isStale = true
    var refreshedAt: NIODeadline?
  }

  /// Minimum interval of refreshes: a failover takes seconds, and every command that fails asks for one.
  private static let refreshInterval = TimeAmount.milliseconds(100)
  /// Number of nodes asked at once.
  private static let fanOut = 4

  private let seeds: [RedisEndpoint]
  private let pools: RedisPools
  private let timeout: TimeAmount
  private let state = NIOLockedValueBox(State())
  private let flight = SingleFlight<RedisError?>()

  init(seeds: [RedisEndpoint], pools: RedisPools, timeout: TimeAmount) {
    self.seeds = seeds
    self.pools = pools
    self.timeout = timeout
  }

  func server(for key: String?, deadline: NIODeadline) async throws(RedisError) -> RedisEndpoint {
    try await refreshWhenStale(deadline: deadline)
    let slot = key.map(RedisKeySlot.of) ?? Int.random(in: 0..<RedisKeySlot.count)
    let (owner, any) = state.withLockedValue { ($0.slots.owner(of: slot), $0.slots.masters.first) }
    guard let endpoint = owner ?? (key == nil ? any : nil) else {
      changed(nil)
      throw RedisError(.noServer, "no node of the cluster serves slot \(slot)")
    }
    return endpoint
  }

  func masters(deadline: NIODeadline) async throws(RedisError) -> [RedisEndpoint] {
    changed(nil)
    try await refreshWhenStale(deadline: deadline)
    return state.withLockedValue { $0.slots.masters }
  }

  func moved(_ slot: Int, to endpoint: RedisEndpoint) {
    state.withLockedValue { state in
      state.slots.move(slot, to: endpoint)
      state.isStale = true
    }
  }

  func changed(_ endpoint: RedisEndpoint?) { state.withLockedValue { $0.isStale = true } }

  /// A node that was added is found also when nothing fails.
  func run() async {
    while (try? await Task.sleep(for: .seconds(60))) != nil { changed(nil) }
  }

  func close() {}

  private func refreshWhenStale(deadline: NIODeadline) async throws(RedisError) {
    let now = NIODeadline.now()
    let (isDue, isEmpty) = state.withLockedValue { state in
      let isDue = state.isStale && state.refreshedAt.map { $0 + Self.refreshInterval <= now } ?? true
      return (isDue, state.slots.masters.isEmpty)
    }
    guard isDue || isEmpty else { return }
    let ask = min(deadline, now + timeout)
    let error = await flight.run(deadline: deadline, timer: pools.group.any()) { await refresh(deadline: ask) } ?? nil
    // What was known before may still be right.
    if let error, state.withLockedValue({ $0.slots.masters.isEmpty }) { throw error }
  }

  /// The first good answer of a few nodes, drawn at random so that one with an old view does not stand in the way for long.
  private func refresh(deadline: NIODeadline) async -> RedisError? {
    let known = state.withLockedValue { state in
      state.isStale = false
      return state.slots.nodes
    }
    let nodes = (known.shuffled().prefix(Self.fanOut) + seeds.filter { !known.contains($0) }.shuffled().prefix(Self.fanOut))
    let lastError = NIOLockedValueBox<RedisError?>(nil)
    let found = await RedisChannel.firstDecisiveReply(
      of: nodes.map { pools[$0].channel }, to: RedisCommand("CLUSTER", "SLOTS"), deadline: deadline
    ) { node, result in
      switch result {
      case .success(let reply):
        if let slots = ClusterSlots(reply, from: node), !slots.masters.isEmpty { return slots }
        if case .error(let error) = reply { lastError.withLockedValue { $0 = RedisError(.refused, "\(node): \(error)", reply: error) } }
      case .failure(let error): lastError.withLockedValue { $0 = error }
      }
      return nil
    }
    state.withLockedValue { state in
      state.refreshedAt = .now()
      if let found { state.slots = found } else { state.isStale = true }
    }
    guard let found else { return lastError.withLockedValue { $0 } ?? RedisError(.noServer, "no node of the cluster says who serves what") }
    pools.keep(Set(found.nodes).union(seeds))
    return nil
  }
}
