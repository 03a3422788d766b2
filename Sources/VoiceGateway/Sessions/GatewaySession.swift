import Logging
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

/// Drives ``SessionLifecycleStateMachine`` for one caller, from the upgrade to the last line in the log.
///
/// Runs as a child task of ``VoiceGateway``; what is said on the wire is the relay's.
/// A class, and admission in a task of its own: what a task's frames once took they keep until it ends.
final class GatewaySession: Sendable {
  /// Time allowed for an older connection of the same session to close.
  static let leavingTime = Duration.seconds(2)

  /// The connection's own name, and the session's unless an older one goes on.
  let id: SessionID
  let trace: TraceContext
  let request: SessionRequest
  let relay: RealtimeRelayHandle
  let services: ResolvedDependencies
  let registry: SessionRegistry
  let handover: SessionHandover
  /// Says the session's name and trace in every line.
  let logger: Logger

  /// Facts about the caller, beside what the machine decides by.
  struct Caller: Sendable {
    var user: VerifiedToken
    var session: StoredSession
    var owner: SessionOwner
    var rate: RateDecision?
    var allowance = SpendAllowance()
    var steps: [AdmissionStep] = []
    var metadata: [String: String] = [:]
    /// Session that a client secret was minted for; nil where it resumes a stored one.
    var preset: PresetSession?
  }

  /// Facts about the caller that are needed beyond admission.
  final class KnownCaller: Sendable {
    /// Without its items, which the relay has.
    let session: StoredSession
    let owner: SessionOwner
    let allowance: SpendAllowance
    let metadata: [String: String]

    init(_ caller: Caller) {
      var session = caller.session
      session.items = []
      session.configuration = nil
      self.session = session
      owner = caller.owner
      allowance = caller.allowance
      metadata = caller.metadata
    }
  }

  var configuration: GatewayConfiguration { services.configuration }

  init(
    id: SessionID, trace: TraceContext, request: SessionRequest, relay: RealtimeRelayHandle, services: ResolvedDependencies,
    registry: SessionRegistry, handover: SessionHandover, logger: Logger
  ) {
    self.id = id
    self.trace = trace
    self.request = request
    self.relay = relay
    self.services = services
    self.registry = registry
    self.handover = handover
    self.logger = logger
  }

  /// Runs until both legs are closed, all that was acquired is released and the tools have returned. A tool that ignores its cancellation holds
  /// up nothing else.
  func run() async {
    await withTaskGroup(of: Void.self) { tools in
      await run(&tools)
      tools.cancelAll()
    }
  }

  private func run(_ tools: inout TaskGroup<Void>) async {
    var (machine, caller) = await admitted()
    if machine.state == .running, let provider = services.tools { tools.addTask { [relay] in await relay.runTools(of: provider) } }
    if let ending = await follow(caller, isRunning: machine.state == .running) {
      await release(machine.ended(ending.reason, didOpen: ending.didOpen), caller, ending)
    }
    registry.remove(id)
    registry.releaseConnection(from: request.address)
  }

  /// Admission in a task of its own, which is gone when this returns.
  private func admitted() async -> (SessionLifecycleStateMachine, KnownCaller?) {
    async let admission = admit()
    return await admission
  }

  private func admit() async -> (SessionLifecycleStateMachine, KnownCaller?) {
    var machine = SessionLifecycleStateMachine(
      connection: id, wanted: wanted, instance: handover.instance, limits: services.lifecycleLimits)
    // No session has a name that is none; its caller learns so once it is verified.
    let isUnnamed = request.resumes.map { SessionID($0) == nil } ?? false
    let caller = await stepThroughAdmission(&machine, isUnnamed: isUnnamed)
    return (machine, caller.map { KnownCaller($0) })
  }

  private var wanted: SessionID? { request.resumes.flatMap { SessionID($0) } }

  /// Both halves of admission, step by step as the machine says.
  private func stepThroughAdmission(_ machine: inout SessionLifecycleStateMachine, isUnnamed: Bool) async -> Caller? {
    var caller: Caller?
    var action: SessionLifecycleStateMachine.Action
    switch await authenticate() {
    case .success(let verified):
      caller = verified
      action = machine.authenticated(verified.user.userID, refusedFor: isUnnamed ? .sessionNotFound : nil)
    case .failure(let refusal): action = machine.authenticated("", refusedFor: refusal.reason)
    }
    while true {
      switch action {
      case .follow: return caller
      case .begin:
        if let caller { begin(caller, isResumed: machine.isResumed) }
        return caller
      case .refuse(let reason):
        await hold(caller)
        relay.end(reason)
        return caller
      default:
        guard var known = caller else { preconditionFailure("acquires for a caller who is not verified") }
        do { action = try await acquire(action, &machine, &known) } catch {
          action = machine.failed()
          // The client is told to come again, and the store's outage is in the log already.
          let isRetried = action == .refuse(.upstreamUnavailable)
          logger.log(level: isRetried ? .info : .error, "admission failed", metadata: ["error": "\(error)"])
        }
        caller = known
      }
    }
  }

  /// Refusals of one address, and of one user, come only so often. The client keeps its place meanwhile, though it may have left.
  private func hold(_ caller: Caller?) async {
    let delay =
      caller.map { registry.delayOfRefusal(toUser: $0.user.userID) } ?? registry.delayOfRefusal(to: request.address)
    if delay > .zero { try? await Task.sleep(for: delay) }
  }

  private func begin(_ caller: Caller, isResumed: Bool) {
    let session = caller.session
    let resumed = ResumedSession(
      id: session.id,
      conversation: StoredConversation(configuration: session.configuration, items: session.items, droppedItems: session.droppedItems),
      counters: session.counters, elapsed: services.wallClock() - session.createdAt)
    let grant = SessionGrant(
      userID: session.userID, plan: session.plan, model: session.model, rateLimit: caller.rate, tokenExpiresAt: caller.user.expiresAt,
      resumed: isResumed ? resumed : nil, preset: isResumed ? nil : caller.preset, asker: services.asker(caller.user),
      steps: caller.steps)
    let target = configuration.upstream.target(
      for: request, preset: isResumed ? nil : caller.preset, model: session.model, trace: trace)
    relay.admit(grant, connector: services.connector, target: target)
    // After the relay has it: a client that takes it over finds it there.
    registry.began(id)
  }
}
