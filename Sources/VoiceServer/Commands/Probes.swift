import Logging
import NIOCore
import SessionStore
import VoiceAuth
import VoiceCore
import VoiceGateway

/// Probes of everything that the settings configure.
enum Probes {
  /// Throws ``SettingsError``.
  static func all(_ settings: Settings, group: any EventLoopGroup) throws -> [Probe] {
    let client = try UpstreamClients.httpClient(settings)
    let tokens = try VerifierServices(settings.auth, client: client, logger: quiet)
    let found = [try redis(settings, group: group), tokens.keySet.map(keySet)].compactMap { $0 }
    return found + (try upstreams(settings, group: group)) + [clock(settings, client: client)]
      + retrievers(try RetrieverServices(settings, client: UpstreamClients.retrievalClient(settings), logger: quiet))
  }

  private static func redis(_ settings: Settings, group: any EventLoopGroup) throws -> Probe? {
    guard let redis = try StoreServices(settings, group: group, logger: quiet).redis else { return nil }
    return Probe(name: "redis") {
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await redis.client.run() }
        defer { tasks.cancelAll() }
        let url = redis.client.configuration.url
        do {
          try await redis.probe.run(inTurn: true)
          try await redis.probe.listen()
          return "\(url)"
        } catch let error as RedisError {
          let missing = error.reply == nil ? [] : await redis.probe.missingRights()
          throw Probe.Failure(RedisAdvice.failed(error, url: url, missing: missing))
        }
      }
    }
  }

  /// Each source is searched once.
  private static func retrievers(_ retrieval: RetrieverServices) -> [Probe] {
    retrieval.sources.map { source in
      Probe(name: source.name == "embedded" ? "documents" : "retriever") {
        do { return try await source.check() } catch let error as RetrievalError {
          throw Probe.Failure(RetrieverAdvice.failed(error, source: source.name))
        }
      }
    }
  }

  private static var quiet: Logger { Logger(label: "check") { _ in SwiftLogNoOpLogHandler() } }

  private static func keySet(_ remote: RemoteKeySet) -> Probe {
    Probe(name: "key set") {
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await remote.run() }
        defer { tasks.cancelAll() }
        let set = await remote.keysAfterMiss()
        guard let set, !set.keys.isEmpty else {
          throw Probe.Failure(
            "\(set?.warnings.last ?? remote.lastFailure?.message ?? "nothing could be fetched"); look at JWT_JWKS_URL, which has to answer a "
              + "JWK set as JSON with at least one key for signatures that JWT_ALGORITHMS allows")
        }
        return "\(set.keys.count) keys" + (set.warnings.isEmpty ? "" : "; left out: \(set.warnings.joined(separator: "; "))")
      }
    }
  }

  private static func clock(_ settings: Settings, client: any HTTPClient) -> Probe {
    let check = ClockCheck(
      client: client, url: (settings.auth.keySetURL ?? settings.upstream.urls.first)?.expose() ?? "", leeway: settings.auth.leeway,
      now: UnixTime.now)
    return Probe(name: "clock") { try await check.look() }
  }

  /// Each of them: a spare that fails when it is needed is none.
  private static func upstreams(_ settings: Settings, group: any EventLoopGroup) throws -> [Probe] {
    let connector = try UpstreamClients.connector(settings)
    let first = settings.upstream.target(query: "model=\(PercentCoding.encoded(settings.upstream.model))")
    return ([first] + first.alternatives).map { target in
      var alone = target
      alone.alternatives = []
      return upstream(settings.upstream, alone, connector, group: group)
    }
  }

  private static func upstream(
    _ settings: Settings.Upstream, _ target: RealtimeTarget, _ connector: any RealtimeConnector, group: any EventLoopGroup
  ) -> Probe {
    let url = Redaction.url(target.url)
    let model = settings.model
    return Probe(name: "upstream") {
      if settings.apiKeys.isEmpty, Settings.Upstream().urls.map(\.description).contains(url) {
        throw Probe.Failure("OPENAI_API_KEY is not set")
      }
      let loop = group.any()
      let first = loop.makePromise(of: String.self)
      loop.execute {
        connector.connect(to: target, on: loop) { connection in
          FirstEvent(connection, first) { code, message in
            UpstreamAdvice.refused(code: code, message: message, model: model, settings: settings)
          }
        } failed: { error in
          first.fail(Probe.Failure(UpstreamAdvice.failed(error, settings: settings)))
        }
      }
      loop.scheduleTask(in: .seconds(15)) { first.fail(Probe.Failure("nothing said within 15 s; is it a Realtime server?")) }
      let type = try await first.futureResult.get()
      return "\(url), \(type)"
    }
  }

  /// Waits for the server's first word: `session.created` where key and model are good.
  private final class FirstEvent: RealtimeConnectionDelegate {
    private let connection: any RealtimeConnection
    private let first: EventLoopPromise<String>

    private let refusal: (String?, String) -> String

    /// `refusal` makes a line of an error's code and message.
    init(_ connection: any RealtimeConnection, _ first: EventLoopPromise<String>, refusal: @escaping (String?, String) -> String) {
      self.connection = connection
      self.first = first
      self.refusal = refusal
    }

    func received(_ message: RealtimeMessage) {
      let event = try? JSONParser.parse(Array(message.bytes.readableBytesView), limits: .init(depth: 64, members: 1_000))
      switch event?["type"]?.string {
      case "session.created": first.succeed("session.created")
      case "error":
        first.fail(Probe.Failure(refusal(event?["error"]?["code"]?.string, event?["error"]?["message"]?.string ?? "")))
      default: return
      }
      connection.close(WebSocketClosure(code: 1000))
    }

    func readCompleted() {}
    func writabilityChanged(_ isWritable: Bool) {}
    func closed(_ closure: WebSocketClosure) { first.fail(Probe.Failure(refusal(nil, "closed with \(closure.code) \(closure.reason)"))) }
  }
}
