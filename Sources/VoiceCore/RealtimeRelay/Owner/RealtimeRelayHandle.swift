import NIOCore

/// A session as its owner holds it, off the event loop: every call hops there and returns at once.
public struct RealtimeRelayHandle: Sendable {
  private let session: NIOLoopBound<RealtimeRelay>
  private let eventLoop: any EventLoop
  /// Costs, checkpoints, offered tokens and the end. Iterate it once; it finishes when both legs are gone.
  public let events: RealtimeRelayEvents
  private let worker: RetrievalWorker?
  private let tools: ToolWorker?

  /// Call on the session's event loop.
  init(_ session: RealtimeRelay) {
    self.session = NIOLoopBound(session, eventLoop: session.eventLoop)
    eventLoop = session.eventLoop
    events = RealtimeRelayEvents(mailbox: session.owner)
    worker = session.prefetch?.worker
    tools = session.tools
  }

  /// Looks up context with `retriever` for as long as the session lasts. Returns at once where the session asks for none.
  public func retrieve(from retriever: any ContextRetriever) async {
    await worker?.run(
      retriever, report: { id, result in eventLoop.execute { session.value.retrieved(id, result) } },
      early: { id, passages in eventLoop.execute { session.value.prefetched(.retrievedEarly(id: id, passages)) } })
  }

  /// Runs what the model calls with `provider` for as long as the session lasts. Returns at once where the session has no tools.
  public func runTools(of provider: any ToolProvider) async {
    await tools?.run(provider) { output, metrics in
      eventLoop.execute {
        session.value.observe(.toolCalled(metrics))
        session.value.toolAnswered(metrics.call, output, failure: metrics.failure)
      }
    }
  }

  /// The client may speak: dials `target`, announces the session when upstream is open, and relays. A resumed
  /// conversation is upstream's before the client's first event.
  public func admit(_ grant: SessionGrant, connector: any RealtimeConnector, target: RealtimeTarget) {
    eventLoop.execute { session.value.admit(grant, connector: connector, target: target) }
  }

  /// Ends the session with one error event, where the reason is one, and a close. Only the first reason counts.
  public func end(_ reason: CloseReason) {
    eventLoop.execute { session.value.end(reason) }
  }

  /// Has ``events`` yield `reminded`: for an owner that renews something in turn with the rest, and has no task for it. Does not hop.
  public func remind() { events.mailbox.remind() }

  /// A token of the same user was verified: its expiry is the new deadline.
  public func tokenRefreshed(expiresAt: UnixTime) {
    eventLoop.execute { session.value.tokenRefreshed(expiresAt: expiresAt) }
  }

  /// The token that the client offered is not good, or another user's.
  public func tokenRefused() {
    eventLoop.execute { session.value.tokenRefused() }
  }

  /// The server is about to stop: gives notice, and ends the session after its turn, at the latest after `grace`.
  public func drain(grace: Duration) {
    eventLoop.execute { session.value.drain(grace: grace) }
  }

  /// Lets the client of this session, who was verified and not yet admitted, go on in `older`, in place of the client that may still be
  /// there. False when `older` is about to end: then nothing has changed.
  public func moveClient(to older: RealtimeRelayHandle, grant: SessionGrant) async -> Bool {
    await withCheckedContinuation { continuation in
      eventLoop.execute {
        session.value.moveClient(to: older.session, on: older.eventLoop, grant: grant) { continuation.resume(returning: $0) }
      }
    }
  }

  /// Ends the session if it is kept warm for a client that dropped. Answers whether it did.
  public func endIfAbandoned() async -> Bool {
    await withCheckedContinuation { continuation in
      eventLoop.execute { continuation.resume(returning: session.value.endIfAbandoned()) }
    }
  }

  /// True while the session waits for admission; false once its client has left.
  package func awaitsAdmission() async -> Bool {
    await withCheckedContinuation { continuation in
      eventLoop.execute { continuation.resume(returning: session.value.core.life.state == .admitting) }
    }
  }
}
