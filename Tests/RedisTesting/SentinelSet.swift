import Foundation

/// A master, its replica and three sentinels that watch over them under the name `voice`.
package final class SentinelSet: Sendable {
  package let servers: [RedisServer]
  package let sentinels: [RedisServer]
  private let login: [String]

  /// - Parameters:
  ///   - password: of the servers; the sentinels want it with an `s` in front.
  ///   - certificates: everything speaks TLS.
  ///   - downAfter: silence of the master that the sentinels take for its end.
  package static func with<Result>(
    password: String? = nil, certificates: Certificates? = nil, downAfter: Duration = .milliseconds(500),
    _ body: (SentinelSet) async throws -> Result
  ) async throws -> Result {
    let set = try await SentinelSet(password: password, certificates: certificates)
    defer { for server in set.sentinels + set.servers { server.stop() } }
    try await set.start(password: password, certificates: certificates, downAfter: downAfter)
    return try await body(set)
  }

  private init(password: String?, certificates: Certificates?) async throws {
    var ports: Set<Int> = []
    while ports.count < 5 { ports.insert(try await RedisServer.freePort()) }
    let all = Array(ports)
    let tls = certificates.map(Self.tls) ?? { _ in [] }
    let secret = password.map { ["--requirepass", $0, "--masterauth", $0] } ?? []
    let fast = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"]
    servers = [
      try RedisServer(secret + fast + tls(all[0]), port: all[0]),
      try RedisServer(secret + fast + tls(all[1]) + ["--replicaof", "127.0.0.1 \(all[0])"], port: all[1]),
    ]
    sentinels = try all[2...].map { try RedisServer(port: $0) }
    login = (password.map { ["--no-auth-warning", "-a", $0] } ?? []) + (certificates.map { ["--tls", "--cacert", $0.authority] } ?? [])
  }

  /// What to write after `redis+sentinel://` and a login.
  package var path: String { sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") + "/voice" }

  private static func tls(_ certificates: Certificates) -> @Sendable (Int) -> [String] {
    { port in
      [
        "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", certificates.certificate, "--tls-key-file", certificates.key,
        "--tls-ca-cert-file", certificates.authority, "--tls-auth-clients", "no", "--tls-replication", "yes",
      ]
    }
  }

  private func start(password: String?, certificates: Certificates?, downAfter: Duration) async throws {
    for server in servers { try await server.start() }
    try await until("the replica is in step") { try await ask(servers[0], "INFO", "replication").contains("state=online") }
    for sentinel in sentinels {
      var lines = certificates.map { Self.tls($0)(sentinel.port) } ?? ["--port", "\(sentinel.port)"]
      lines += ["--bind", "127.0.0.1", "--dir", sentinel.directory.path]
      var text = stride(from: 0, to: lines.count, by: 2).map { "\(lines[$0].dropFirst(2)) \(lines[$0 + 1])" }
      text.append("sentinel monitor voice 127.0.0.1 \(servers[0].port) 2")
      text += ["down-after-milliseconds voice \(Int(downAfter / .milliseconds(1)))", "failover-timeout voice 3000"].map { "sentinel \($0)" }
      if let password {
        text += ["sentinel auth-pass voice \(password)", "requirepass s\(password)", "sentinel sentinel-pass s\(password)"]
      }
      let file = sentinel.directory.appendingPathComponent("sentinel.conf")
      try Data((text.joined(separator: "\n") + "\n").utf8).write(to: file)
      try await sentinel.start(sentinelFile: file)
    }
    let others = sentinels.count - 1
    try await until("the sentinels know of each other") {
      for sentinel in sentinels {
        let answer = try await ask(sentinel, "SENTINEL", "MASTER", "voice").split(separator: "\n")
        let fields = Dictionary(
          stride(from: 0, to: answer.count - 1, by: 2).map { (answer[$0], answer[$0 + 1]) }, uniquingKeysWith: { first, _ in first })
        guard fields["num-other-sentinels"] == "\(others)", fields["num-slaves"] == "1" else { return false }
      }
      return true
    }
  }

  private func ask(_ server: RedisServer, _ arguments: String...) async throws -> String {
    var login = login
    if sentinels.contains(where: { $0 === server }), let place = login.firstIndex(of: "-a") { login[place + 1] = "s" + login[place + 1] }
    return try await Program.run("redis-cli", ["-p", "\(server.port)"] + login + arguments)
  }

  private func until(_ what: String, _ isSo: () async throws -> Bool) async throws {
    for _ in 0..<600 {
      if try await isSo() { return }
      try await Task.sleep(for: .milliseconds(25))
    }
    throw RedisServer.Failure(detail: "never: \(what)")
  }
}
