import NIOCore

/// Masters by slot, as a node of the cluster reports them.
struct ClusterSlots: Sendable, Equatable {
  /// Index into ``masters`` by slot.
  private var owners = [UInt16](repeating: .max, count: RedisKeySlot.count)
  private(set) var masters: [RedisEndpoint] = []
  /// All nodes, replicas included: those that can be asked next.
  private(set) var nodes: [RedisEndpoint] = []

  init() {}

  /// Reads the answer to `CLUSTER SLOTS`; nil where it is none.
  ///
  /// - Parameter asked: the node that answered. It stands where the answer names no host.
  init?(_ reply: RedisReply, from asked: RedisEndpoint) {
    guard case .array(let ranges) = reply else { return nil }
    for range in ranges {
      guard let parts = range.array, parts.count >= 3, let first = parts[0].integer, let last = parts[1].integer,
        0 <= first, first <= last, last < Int64(RedisKeySlot.count)
      else { return nil }
      let endpoints = parts[2...].compactMap { Self.endpoint($0, from: asked) }
      guard let master = Self.endpoint(parts[2], from: asked) else { continue }
      let index = index(of: master)
      for slot in Int(first)...Int(last) { owners[slot] = index }
      for endpoint in endpoints where !nodes.contains(endpoint) { nodes.append(endpoint) }
    }
  }

  func owner(of slot: Int) -> RedisEndpoint? {
    let index = owners[slot]
    return index == .max ? nil : masters[Int(index)]
  }

  /// `MOVED`: one slot has another master; the rest will follow with the next `CLUSTER SLOTS`.
  mutating func move(_ slot: Int, to master: RedisEndpoint) {
    owners[slot] = index(of: master)
    if !nodes.contains(master) { nodes.append(master) }
  }

  private mutating func index(of master: RedisEndpoint) -> UInt16 {
    if let index = masters.firstIndex(of: master) { return UInt16(index) }
    masters.append(master)
    return UInt16(masters.count - 1)
  }

  private static func endpoint(_ reply: RedisReply, from asked: RedisEndpoint) -> RedisEndpoint? {
    guard let parts = reply.array, parts.count >= 2, let port = parts[1].integer, (1...65_535).contains(port) else { return nil }
    let host = parts[0].string ?? ""
    return RedisEndpoint(host: host.isEmpty || host == "?" ? asked.host : host, port: Int(port))
  }
}
