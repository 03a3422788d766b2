import HTTPTypes
import Logging
import NIOConcurrencyHelpers
public import NIOCore
public import ServiceLifecycle
import SessionStore
public import VoiceAuth
public import VoiceCore
public import VoiceTransport

/// A voice gateway inside a server: it judges each request before the upgrade, authenticates and admits its caller, relays between the
/// client and upstream, and gives back what was taken.
///
/// ```swift
/// let gateway = try VoiceGateway(configuration, dependencies)
/// let listener = try await WebSocketListener.bind(host: "0.0.0.0", port: 8080, group: group, upgrader: gateway.upgrader())
/// ```
/// Run it as a service, after the services of its storage: when it is shut down it drains while those still work.
public final class VoiceGateway: Service {
  var configuration: GatewayConfiguration { services.configuration }
  let services: ResolvedDependencies
  let origins: OriginPolicy
  let authenticator: RequestAuthenticator
  private let hasStarted = NIOLockedValueBox(false)
  private let registry: SessionRegistry
  private let handover: SessionHandover
  private let newSessions: AsyncStream<GatewaySession>
  private let newSessionsInput: AsyncStream<GatewaySession>.Continuation

  /// - Throws: `VoiceAuthError` for an allowed origin that is none, and for lists of the upstream's that do not fit each other.
  public init(_ configuration: GatewayConfiguration = GatewayConfiguration(), _ dependencies: GatewayDependencies) throws(VoiceAuthError) {
    if let problem = configuration.upstream.problem { throw VoiceAuthError(.invalidSetting, problem) }
    origins = try OriginPolicy(allowed: configuration.http.allowedOrigins)
    services = ResolvedDependencies(dependencies, configuration)
    authenticator = RequestAuthenticator(configuration.http, verifier: dependencies.verifier)
    registry = SessionRegistry(
      limits: .init(connections: configuration.limits.connections, connectionsPerAddress: configuration.limits.connectionsPerAddress))
    handover = SessionHandover(
      bus: services.bus, registry: registry, store: services.store, answerTime: configuration.session.answerTime, logger: services.logger)
    // Bounded by the registry, which lets no more in than `connections`.
    (newSessions, newSessionsInput) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
  }

  // MARK: Running

  /// Serves until a graceful shutdown, then until the last session has ended.
  public func run() async throws {
    hasStarted.withLockedValue { $0 = true }
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.reviewSessions() }
        group.addTask { await self.remindSessions() }
        group.addTask { await self.handover.follow() }
        await withDiscardingTaskGroup { sessions in
          for await session in newSessions { sessions.addTask { await session.run() } }
        }
        group.cancelAll()
      }
    } onGracefulShutdown: {
      self.drain()
    }
  }

  /// Ends sessions within a second that would not be admitted any more: what the flags allowed they can take back.
  private func reviewSessions() async {
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      let admission = services.admission()
      for (handle, user) in registry.verified {
        guard let refusal = admission.refusal(ofRunning: user) else { continue }
        handle.end(refusal.label == CloseReason.featureDisabled.label ? refusal : .sessionRevoked)
      }
    }
  }

  /// Reminds sessions of what they have to renew. One task for all of them: an idle session is to cost little.
  private func remindSessions() async {
    let interval = configuration.session.keepInterval
    while (try? await Task.sleep(for: min(.seconds(1), interval / 2))) != nil {
      for session in registry.due(every: interval) { session.remind() }
    }
  }

  /// Lets no session in any more; those that run get notice and end with their turn.
  ///
  /// - Parameter grace: longest time for a turn; nil: as configured.
  public func drain(grace: Duration? = nil) {
    for session in registry.startDraining() { session.drain(grace: grace ?? configuration.http.drainTimeout) }
    newSessionsInput.finish()
  }

  // MARK: Sessions

  /// Phase of the gateway.
  public var phase: GatewayPhase {
    registry.isDraining ? .draining : hasStarted.withLockedValue { $0 } ? .ready : .starting
  }

  /// Number of sessions on this instance whose client was verified.
  public var activeSessions: Int { registry.count }

  /// Sessions of one user that are stored, on whichever instance they run or ran, oldest first.
  public func sessions(of user: String) async throws -> [SessionID] { try await services.store.sessions(of: user) }

  /// Ends a session wherever it runs, and forgets it.
  ///
  /// - Returns: false where there is no such session.
  /// - Throws: where the store cannot tell whether there is one. It is deleted all the same, and ended wherever it runs, as soon as the
  ///   store can be written to again.
  @discardableResult public func end(_ session: SessionID) async throws -> Bool {
    let tenure: Result<SessionTenure?, any Error>
    do { tenure = .success(try await services.store.tenure(of: session)) } catch { tenure = .failure(error) }
    let holder = registry.holder(of: session)
    let wasStored = try await services.store.delete(session)
    holder?.handle.end(.sessionEnded)
    let known = (try? tenure.get()) ?? nil
    var isRunning = holder != nil || known?.owner != nil
    // The one instance that runs it is notified; all are, where none is known and it is not here: a store may have lost a session that runs.
    if let owner = known?.owner {
      if owner.instance != handover.instance { await handover.ended(session, owner: owner) }
    } else if known == nil, holder == nil {
      isRunning = await handover.endedAnywhere(session)
    }
    if wasStored || isRunning { return true }
    _ = try tenure.get()
    return false
  }

  /// Sessions whose client was verified, on this instance.
  package var runningSessions: [SessionID] { registry.names }

  /// User of a session that is stored, or runs; nil where there is no such session.
  package func user(of session: SessionID) async throws -> String? {
    if let user = registry.holder(of: session)?.user?.userID { return user }
    if let tenure = try await services.store.tenure(of: session) { return tenure.user }
    do { return try await services.store.load(session)?.userID } catch is UnreadableSession { return nil }
  }

  package func isRunning(_ session: SessionID) -> Bool { registry.holder(of: session) != nil }

  // MARK: Ways in

  /// Upgrader for a listener of one's own: `WebSocketListener`, or any NIO pipeline.
  public func upgrader() -> WebSocketUpgrader {
    WebSocketUpgrader(isWebSocketPath: Self.isWebSocketPath, times: times, decide: decide)
  }

  /// Times that an accepted connection keeps.
  package var times: HTTPTimes {
    let timeout = TimeAmount(configuration.http.handshakeTimeout)
    // A route that waits for a body says 408 first.
    let twice = TimeAmount.nanoseconds(2 * timeout.nanoseconds)
    return HTTPTimes(head: timeout, body: twice, keepAlive: timeout, write: twice)
  }

  /// True when a path, without its query, is one of the gateway's WebSocket endpoints.
  public static func isWebSocketPath(_ path: Substring) -> Bool { SessionRequest.endpoint(of: path) != nil }

  /// Answers an upgrade request whose handshake is sound. Runs on the connection's event loop and waits for nothing.
  @Sendable public func decide(_ upgrade: UpgradeRequest, on eventLoop: any EventLoop) -> UpgradeDecision {
    let request: SessionRequest
    switch SessionRequest.parse(upgrade, configuration: configuration, origins: origins) {
    case .success(let parsed): request = parsed
    case .failure(let refusal): return .refuse(refusal.reply)
    }
    switch registry.admitConnection(from: request.address) {
    case .draining: return .refuse(GatewayRefusal.draining.reply)
    case .full: return .refuse(GatewayRefusal.full.reply, after: TimeAmount(registry.delayOfRefusal(to: request.address)))
    case .taken: break
    }
    var webSocket = WebSocketConfiguration()
    webSocket.maxMessageBytes = configuration.session.maxClientMessageBytes
    return .accept(headers: [:], subprotocol: request.subprotocol, configuration: webSocket) { [self] connection, eventLoop in
      start(request, connection, on: eventLoop)
    }
  }

  /// Opens a session for a connection that any other server has upgraded. Call it on the connection's event loop; nil where the gateway
  /// drains or is full, then the connection is the caller's to close.
  public func open(_ connection: any RealtimeConnection, _ request: SessionRequest, on eventLoop: any EventLoop)
    -> (any RealtimeConnectionDelegate)?
  {
    guard registry.admitConnection(from: request.address) == .taken else { return nil }
    return start(request, connection, on: eventLoop)
  }

  private func start(_ request: SessionRequest, _ connection: any RealtimeConnection, on eventLoop: any EventLoop)
    -> any RealtimeConnectionDelegate
  {
    var generator = SystemRandomNumberGenerator()
    let id = SessionID(using: &generator)
    let trace = TraceContext(caller: request.trace, sampler: configuration.traceSampler, using: &generator)
    var logger = services.logger
    logger[metadataKey: "session"] = "\(id)"
    logger[metadataKey: "trace_id"] = "\(trace.traceID)"
    logger[metadataKey: "span_id"] = "\(trace.spanID)"
    let model = request.model ?? configuration.upstream.model
    let relay = RealtimeRelay(
      context: SessionContext(id: id, model: model, hasVoiceEvents: request.hasVoiceEvents, trace: trace), client: connection,
      on: eventLoop,
      configuration: configuration.relayConfiguration(
        for: request, prefetches: services.retriever != nil, reportsCost: services.spending != nil, tools: services.tools?.tools ?? []),
      observer: services.observer, wallClock: services.wallClock, logger: logger)
    let handle = relay.handle
    let isDraining = registry.add(id, handle)
    if isDraining { handle.end(.serverDraining) }
    let session = GatewaySession(
      id: id, trace: trace, request: request, relay: handle, services: services, registry: registry,
      handover: handover, logger: logger)
    // The stream ends when a drain begins: a client that comes in that moment is notified by the relay alone.
    if case .terminated = newSessionsInput.yield(session) { handle.end(.serverDraining) }
    return relay.clientDelegate
  }
}
