/// Bounds on accepted connections, of whatever protocol: more are closed as they are accepted.
public struct AcceptLimits: Sendable, Equatable {
  /// Connections in all.
  public var connections: Int
  /// Connections from one IPv4 address or one /64 of IPv6.
  public var connectionsPerAddress: Int

  /// Creates accept limits.
  public init(connections: Int = 10_000, connectionsPerAddress: Int = .max) {
    self.connections = connections
    self.connectionsPerAddress = connectionsPerAddress
  }
}

/// Counts accepted connections against ``AcceptLimits``.
struct AcceptCounter {
  let limits: AcceptLimits
  private(set) var count = 0
  private var counts: [ClientNetwork: Int] = [:]

  init(limits: AcceptLimits) { self.limits = limits }

  /// Takes a place; false when there is none. A connection without a network counts in the total alone.
  mutating func enter(_ network: ClientNetwork?) -> Bool {
    guard count < limits.connections else { return false }
    if let network {
      guard counts[network, default: 0] < limits.connectionsPerAddress else { return false }
      counts[network, default: 0] += 1
    }
    count += 1
    return true
  }

  /// Gives the place back that ``enter(_:)`` took.
  mutating func leave(_ network: ClientNetwork?) {
    count -= 1
    guard let network, let others = counts[network].map({ $0 - 1 }) else { return }
    counts[network] = others > 0 ? others : nil
  }
}
