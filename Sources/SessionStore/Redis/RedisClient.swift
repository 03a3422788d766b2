public import Logging
import NIOConcurrencyHelpers
public import NIOCore
import NIOSSL
public import ServiceLifecycle
import VoiceCore

/// A client of one Redis, of a master behind sentinels, or of a cluster: many callers, one connection for each event loop and server.
///
/// Connections are made with the first command. ``run()`` follows what the servers announce, and closes all when it ends.
public final class RedisClient: Service {
  /// Configuration of the client.
  public let configuration: RedisConfiguration
  private let pools: RedisPools
  private let topology: any RedisTopology
  private let logger: Logger
  private let timeout: TimeAmount
  private let jitter: @Sendable () -> Double

  /// - Parameter jitter: a number from 0 to 1, for delays.
  /// - Parameter configuration: settings.
  /// - Parameter group: event loops that connections run on.
  /// - Parameter logger: destination of log lines.
  /// - Throws: where the certificates cannot be read.
  public init(
    _ configuration: RedisConfiguration, group: any EventLoopGroup, logger: Logger,
    jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) }
  ) throws {
    self.configuration = configuration
    self.logger = logger
    self.jitter = jitter
    timeout = TimeAmount(configuration.commandTimeout)
    let tls = try configuration.url.usesTLS || configuration.url.sentinelsUseTLS ? Self.tlsContext(configuration) : nil
    pools = RedisPools(configuration.serverTarget(configuration.url.usesTLS ? tls : nil), group: group, logger: logger, jitter: jitter)
    topology = configuration.topology(pools, tls: tls, group: group, logger: logger, jitter: jitter)
  }

  /// One of those that the connections are on.
  var eventLoop: any EventLoop { pools.group.any() }

  /// Sends a command, and again as far as that is safe and its deadline leaves time.
  ///
  /// An error reply is thrown, as ``RedisError/reply``.
  public func send(_ command: RedisCommand) async throws(RedisError) -> RedisReply {
    let own = NIODeadline.now() + timeout
    let deadline = RedisDeadline.ofOperation.map { min($0, own) } ?? own
    var attempts = RedisAttempts(configuration.retry, deadline: deadline, isIdempotent: command.isIdempotent)
    var redirect: (endpoint: RedisEndpoint, isAsking: Bool)?
    while true {
      if let before = RedisDeadline.lossesBefore, before != pools.losses.count {
        throw RedisError(.lostBefore, "a connection was lost before the command was sent")
      }
      var endpoint: RedisEndpoint?
      var result: Result<RedisReply, RedisError>
      do throws(RedisError) {
        let server: RedisEndpoint
        if let redirect { server = redirect.endpoint } else { server = try await topology.server(for: command.key, deadline: deadline) }
        endpoint = server
        result = await perform(command, on: server, isAsking: redirect?.isAsking ?? false, deadline: deadline)
      } catch { result = .failure(error) }
      redirect = nil
      switch attempts.ended(result, at: .now(), jitter: jitter()) {
      case .answered, .failed: return try Self.value(result)
      case .again(let delay, let hint):
        if hint == .serverChanged { serverChanged(endpoint, result) }
        try? await Task.sleep(for: delay)
      case .redirected(var target, let slot, let isAsking):
        if target.host.isEmpty, let endpoint { target.host = endpoint.host }
        if !isAsking { topology.moved(slot, to: target) }
        redirect = (target, isAsking)
      }
    }
  }

  /// Time for a dial, the handshake and one command after it.
  public var dialTimeout: Duration { configuration.connectTimeout + configuration.commandTimeout }

  /// Makes sure that every master takes writes now. Dials at once, where other commands would wait for the next attempt.
  ///
  /// - Parameters:
  ///   - prefix: of the key that is written; it lives for a second.
  ///   - limit: for all of it.
  public func probe(prefix: String, within limit: Duration) async throws(RedisError) {
    let deadline = NIODeadline.now() + TimeAmount(limit)
    for server in try await topology.masters(deadline: deadline) {
      let pool = pools[server]
      // A connection that still waits for its next attempt would fail the first commands that it gets.
      try await pool.answersEverywhere(deadline: deadline)
      // A key that this node serves: of a few names, as in a cluster each node serves its share.
      for number in 0..<64 {
        let key = RedisKeys(prefix: prefix).probe("\(number)")
        guard try await topology.server(for: key, deadline: deadline) == server else { continue }
        let command = RedisCommand("SET", .text(key), "1", "PX", 1_000)
        _ = try Self.value(await pool.channel.perform(command.wire, deadline: deadline, isUrgent: true))
        break
      }
    }
  }

  /// Number of connections that were lost after they had greeted.
  var lostConnections: Int { pools.losses.count }

  /// Names the data that all masters serve: their runs and the histories that their replicas follow. A restart changes the one, a failover
  /// both. Nil where a server does not tell.
  ///
  /// - Throws: where a server cannot be asked.
  func run(within limit: Duration) async throws(RedisError) -> String? {
    let limit = NIODeadline.now() + TimeAmount(limit)
    let deadline = RedisDeadline.ofOperation.map { min($0, limit) } ?? limit
    var names: [String] = []
    for server in try await topology.masters(deadline: deadline) {
      let reply = try await pools[server].channel.perform(RedisCommand("INFO").wire, deadline: deadline).get()
      if case .error(let error) = reply {
        guard error.tellsState else { return nil }
        return try Self.value(.success(reply)).string
      }
      guard let info = reply.string.map(RedisHealth.fields), let run = info["run_id"], let history = info["master_replid"] else {
        return nil
      }
      names.append("\(run)/\(history)")
    }
    return names.isEmpty ? nil : names.sorted().joined(separator: ",")
  }

  /// Follows what the servers announce, until cancelled or shut down; then closes all connections.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [topology] in
      await topology.run()
      while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
    }
    close()
  }

  /// Closes all connections; commands that wait fail. For those who do not use ``run()``.
  public func close() {
    topology.close()
    pools.close()
  }

  /// A subscription to the server that is the master then, for one who runs it.
  func subscribe(to channels: [String], deliver: @escaping @Sendable (RedisSubscription.Event) -> Void) async {
    let subscription = RedisSubscription(
      group: pools.group, logger: logger, backoff: configuration.dialBackoff(maximum: .seconds(1)), jitter: jitter)
    let (topology, pools, timeout) = (topology, pools, timeout)
    await subscription.run(
      on: channels, server: { pools.target(try await topology.server(for: nil, deadline: .now() + timeout)) },
      deliver: { event in
        if event == .lost { topology.changed(nil) }
        deliver(event)
      })
  }

  private func perform(_ command: RedisCommand, on server: RedisEndpoint, isAsking: Bool, deadline: NIODeadline) async -> Result<
    RedisReply, RedisError
  > {
    guard isAsking else { return await pools[server].channel.perform(command.wire, deadline: deadline) }
    var wire = RedisCommand("ASKING").wire
    wire.writeImmutableBuffer(command.wire)
    return await pools[server].channel.perform(wire, ignoredReplies: 1, deadline: deadline)
  }

  private func serverChanged(_ endpoint: RedisEndpoint?, _ result: Result<RedisReply, RedisError>) {
    topology.changed(endpoint)
    // The name of the server may stand for another one by now.
    if let endpoint, case .success(.error(let error)) = result, error.code == .readOnly {
      pools[endpoint].reconnect(RedisError(.noServer, "the server is a replica"))
    }
  }

  private static func value(_ result: Result<RedisReply, RedisError>) throws(RedisError) -> RedisReply {
    let reply = try result.get()
    guard case .error(let error) = reply else { return reply }
    switch error.code {
    case .noAuthentication, .wrongPassword:
      throw RedisError(.authentication, "Redis does not accept the user and password: \(error.code.rawValue)", reply: error)
    default: throw RedisError(.refused, error.description, reply: error)
    }
  }

  private static func tlsContext(_ configuration: RedisConfiguration) throws -> NIOSSLContext {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let text = configuration.certificateAuthorities {
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(text.utf8)))
    } else if let file = configuration.certificateAuthoritiesFile {
      tls.trustRoots = .file(file)
    }
    if let certificate = configuration.clientCertificate {
      tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.chain.utf8)).map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(certificate.key.expose().utf8), format: .pem))
    }
    return try NIOSSLContext(configuration: tls)
  }
}
