import Logging
import NIOConcurrencyHelpers
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

/// Drives ``SessionLifecycleStateMachine`` for one caller, from the upgrade to the last line in the log.
///
/// Runs as a child task of ``VoiceGateway``; what is said on the wire is the relay's. It waits in one task with small frames, and does
/// what it has to in others: what a task's frames once took they keep until it ends, and most sessions are silent most of the time.
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
  let progress: NIOLockedValueBox<Progress>

  /// State that changes while the session runs. Here and not in the frames of its task, which would keep room for the largest of it.
  struct Progress: Sendable {
    var machine: SessionLifecycleStateMachine
    var allowance = SpendAllowance()
    /// Time at which the store was last told that the session runs.
    var touched = ContinuousClock.now
    /// The token that was offered last, while an earlier one is verified.
    var offered: Secret?
    var isVerifying = false
    /// The relay's last event; nil where its client moved to another session.
    var ending: RealtimeRelayEvent?
  }

  /// Facts about the caller, beside what the machine decides by.
  struct Caller: Sendable {
    var user: VerifiedToken
    var session: StoredSession
    var owner: SessionOwner
    var rate: RateDecision?
    var allowance = SpendAllowance()
    var steps: [AdmissionStep] = []
    var metadata: [String: String] = [:]
    /// Arrival in microseconds of the store's clock; nil while the store was not asked, or cannot tell.
    var arrival: Int64?
    /// Session that a client secret was minted for; nil where it resumes a stored one.
    var preset: PresetSession?
  }

  /// Facts about the caller that are needed beyond admission.
  final class KnownCaller: Sendable {
    /// The session without its items, which the relay has.
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
    let machine = SessionLifecycleStateMachine(
      connection: id, wanted: request.resumes.flatMap { SessionID($0) }, instance: handover.instance, limits: services.lifecycleLimits)
    progress = NIOLockedValueBox(Progress(machine: machine))
  }

  /// Runs until both legs are closed, all that was acquired is released, and tools and retriever have returned. One that ignores its
  /// cancellation holds up nothing else.
  func run() async {
    await withDiscardingTaskGroup { tasks in
      await run(&tasks)
      tasks.cancelAll()
    }
  }

  private func run(_ tasks: inout DiscardingTaskGroup) async {
    let caller = await apart { await self.admit() }
    if isRunning { begin(in: &tasks) }
    for await event in relay.events {
      if case .tokenOffered(let token) = event { verify(token, caller, in: &tasks) } else { await apart { await self.heed(event, caller) } }
    }
    await apart { await self.release(caller) }
    registry.remove(id)
    registry.releaseConnection(from: request.address)
  }

  var isRunning: Bool { progress.withLockedValue { $0.machine.state == .running } }

  /// Runs `body` in a task of its own, which is gone when this returns.
  @inline(never) func apart<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
    async let value = body()
    return await value
  }

  /// Begins the tasks beside a session that has tools, or a retriever.
  private func begin(in tasks: inout DiscardingTaskGroup) {
    if let provider = services.tools { tasks.addTask { [relay] in await relay.runTools(of: provider) } }
    if let retriever = services.retriever {
      tasks.addTask { [relay, trace] in await TraceContext.$current.withValue(trace) { await relay.retrieve(from: retriever) } }
    }
  }

  private func admit() async -> KnownCaller? {
    var machine = progress.withLockedValue { $0.machine }
    // No session has a name that is none; its caller learns so once it is verified.
    let isUnnamed = request.resumes.map { SessionID($0) == nil } ?? false
    let caller = await stepThroughAdmission(&machine, isUnnamed: isUnnamed)
    progress.withLockedValue { [machine] progress in
      progress.machine = machine
      if let caller { progress.allowance = caller.allowance }
    }
    return caller.map { KnownCaller($0) }
  }

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
