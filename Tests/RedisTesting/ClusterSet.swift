import Foundation

/// A cluster of three masters, each with a replica.
package final class ClusterSet: Sendable {
  /// The first three are the masters.
  package let nodes: [RedisServer]

  /// - Parameter downAfter: silence of a master that the others take for its end.
  package static func with<Result>(
    downAfter: Duration = .milliseconds(700), _ body: (ClusterSet) async throws -> Result
  ) async throws -> Result {
    let set = try await ClusterSet(downAfter: downAfter)
    defer { for node in set.nodes { node.stop() } }
    try await set.start()
    return try await body(set)
  }

  private init(downAfter: Duration) async throws {
    var ports: Set<Int> = []
    while ports.count < 6 { ports.insert(try await RedisServer.freePort()) }
    nodes = try ports.map { port in
      try RedisServer(
        [
          "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout",
          "\(Int(downAfter / .milliseconds(1)))",
          "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1",
        ], port: port)
    }
  }

  /// What to write after `redis+cluster://`.
  package var hosts: String { nodes.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") }

  private func start() async throws {
    for node in nodes { try await node.start() }
    let addresses = nodes.map { "127.0.0.1:\($0.port)" }
    let output = try await Program.run("redis-cli", ["--cluster", "create"] + addresses + ["--cluster-replicas", "1", "--cluster-yes"])
    guard output.contains("All 16384 slots covered") else { throw RedisServer.Failure(detail: String(output.suffix(500))) }
    try await until("all nodes are in step") {
      for (index, node) in nodes.enumerated() {
        guard try await node.cli("CLUSTER", "INFO").contains("cluster_state:ok") else { return false }
        let replication = try await node.cli("INFO", "replication")
        guard replication.contains(index < 3 ? "state=online" : "master_link_status:up") else { return false }
      }
      return true
    }
  }

  /// Moves so many slots from one master to another, with the keys in them.
  package func move(slots: Int, from: Int, to: Int) async throws {
    let ids = [try await nodes[from].cli("CLUSTER", "MYID"), try await nodes[to].cli("CLUSTER", "MYID")]
    let output = try await Program.run(
      "redis-cli",
      [
        "--cluster", "reshard", "127.0.0.1:\(nodes[0].port)", "--cluster-from", ids[0], "--cluster-to", ids[1], "--cluster-slots",
        "\(slots)",
        "--cluster-yes",
      ])
    guard !output.contains("ERR") else { throw RedisServer.Failure(detail: String(output.suffix(500))) }
  }

  private func until(_ what: String, _ isSo: () async throws -> Bool) async throws {
    for _ in 0..<600 {
      if try await isSo() { return }
      try await Task.sleep(for: .milliseconds(25))
    }
    throw RedisServer.Failure(detail: "never: \(what)")
  }
}
