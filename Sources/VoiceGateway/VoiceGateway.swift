import HTTPTypes
import Logging
public import NIOCore
public import ServiceLifecycle
public import VoiceAuth
package import VoiceCore
public import VoiceTransport

/// Judges each request before the upgrade, and runs a ``GatewaySession`` for each that passes.
public final class VoiceGateway: Service {
  private let configuration: GatewayConfiguration
  private let dependencies: GatewayDependencies
  private let origins: OriginPolicy
  private let registry: SessionRegistry
  private let notices: SessionNotices
  private let arrivals: AsyncStream<GatewaySession>
  private let door: AsyncStream<GatewaySession>.Continuation

  /// - Throws: for an allowed origin that is none.
  public init(_ configuration: GatewayConfiguration = GatewayConfiguration(), _ dependencies: GatewayDependencies) throws(VoiceAuthError) {
    self.configuration = configuration
    origins = try OriginPolicy(allowed: configuration.http.allowedOrigins)
    self.dependencies = dependencies
    registry = SessionRegistry(
      limits: .init(connections: configuration.limits.connections, connectionsPerAddress: configuration.limits.connectionsPerAddress))
    var generator = SystemRandomNumberGenerator()
    notices = SessionNotices(
      bus: dependencies.bus, registry: registry, store: dependencies.store, origin: SessionID(using: &generator).rawValue,
      logger: dependencies.logger)
    // Bounded by the registry, which lets no more in than `connections`.
    (arrivals, door) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
  }

  /// Sessions whose client was verified, on this instance.
  public var activeSessions: Int { registry.count }

  /// Serves until a graceful shutdown, then until the last session has ended.
  public func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.reviewSessions() }
        group.addTask { await self.notices.follow() }
        await withDiscardingTaskGroup { sessions in
          for await session in arrivals { sessions.addTask { await session.run() } }
        }
        group.cancelAll()
      }
    } onGracefulShutdown: {
      self.drain()
    }
  }

  /// What the flags allowed they can take back: sessions that would not be admitted any more end within a second.
  private func reviewSessions() async {
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      let admission = dependencies.admission()
      for (handle, user) in registry.verified {
        guard let refusal = admission.refusal(ofRunning: user) else { continue }
        handle.end(refusal.label == CloseReason.featureDisabled.label ? refusal : .sessionRevoked)
      }
    }
  }

  /// No new sessions; those that run get notice and end with their turn, at the latest after the configured time.
  public func drain() {
    for session in registry.startDraining() { session.drain(grace: configuration.http.drainTimeout) }
    door.finish()
  }

  package func endSession(_ id: SessionID, of user: String?) async {
    if let session = registry.find(id), user.map({ $0.isSameUser(as: session.userID) }) ?? true { session.handle.end(.sessionEnded) }
    await notices.ended(id)
  }

  package var runningSessions: [SessionID] { registry.names }

  package func isRunning(_ id: SessionID) -> Bool { registry.find(id) != nil }

  // MARK: Before the upgrade

  /// Paths that speak WebSocket.
  public static func isWebSocketPath(_ path: Substring) -> Bool { SessionRequest.endpoint(of: path) != nil }

  /// Handshake sanity was judged before. Runs on the connection's event loop and waits for nothing.
  public func decide(_ upgrade: UpgradeRequest, on eventLoop: any EventLoop) -> UpgradeDecision {
    let request: SessionRequest
    switch SessionRequest.parse(upgrade, configuration: configuration, origins: origins) {
    case .success(let parsed): request = parsed
    case .failure(let refusal): return .refuse(refusal.reply)
    }
    switch registry.enter(from: request.address) {
    case .draining: return .refuse(GatewayRefusal.draining.reply)
    case .full: return .refuse(GatewayRefusal.full.reply, after: TimeAmount(registry.delayOfRefusal(to: request.address)))
    case .taken: break
    }
    var webSocket = WebSocketConfiguration()
    webSocket.maxMessageBytes = configuration.session.maxClientMessageBytes
    return .accept(headers: [:], subprotocol: request.subprotocol, configuration: webSocket) { [self] connection, eventLoop in
      open(request, connection, on: eventLoop)
    }
  }

  private func open(_ request: SessionRequest, _ connection: any RealtimeConnection, on eventLoop: any EventLoop)
    -> any RealtimeConnectionDelegate
  {
    var generator = SystemRandomNumberGenerator()
    let id = SessionID(using: &generator)
    let trace = TraceContext(caller: request.trace, sampler: configuration.traceSampler, using: &generator)
    var logger = dependencies.logger
    logger[metadataKey: "session"] = "\(id)"
    logger[metadataKey: "trace_id"] = "\(trace.traceID)"
    logger[metadataKey: "span_id"] = "\(trace.spanID)"
    let relay = RealtimeRelay(
      context: SessionContext(id: id, model: request.model, hasVoiceEvents: request.hasVoiceEvents, trace: trace), client: connection,
      on: eventLoop,
      configuration: configuration.relayConfiguration(
        for: request, prefetches: dependencies.retriever != nil, tools: dependencies.tools?.tools ?? []),
      observer: dependencies.observer,
      wallClock: dependencies.wallClock, logger: logger)
    let handle = relay.handle
    let isDraining = registry.add(id, handle)
    if isDraining { handle.end(.serverDraining) }
    let session = GatewaySession(
      id: id, trace: trace, request: request, relay: handle, configuration: configuration, dependencies: dependencies, registry: registry,
      notices: notices,
      logger: logger)
    // The stream ends when a drain begins: who comes in that moment is told by the relay alone.
    if case .terminated = door.yield(session) { handle.end(.serverDraining) }
    return relay.clientDelegate
  }
}
