import Logging
import NIOCore

/// A client that drops and comes back: the session is kept warm for it, upstream and all, and what was said meanwhile waits.
extension RealtimeRelay {
  /// A client that goes on in an older session, on its way there.
  struct Arrival: Sendable {
    var connection: NIOLoopBound<any RealtimeConnection>
    var eventLoop: any EventLoop
    var grant: SessionGrant
  }

  func clientClosed(_ closure: WebSocketClosure) {
    let mayReturn = configuration.hasVoiceEvents && configuration.resumeGrace > .zero
    perform(core.life.clientClosed(closure, mayReturn: mayReturn))
  }

  /// Waits for the client. What was said is stored first: it may come back to another instance.
  func keepWarm(_ closure: WebSocketClosure) {
    logger.info("client lost, session kept", metadata: ["code": "\(closure.code)"])
    observe(.clientLost)
    client.wait(after: closure, for: TimeAmount(configuration.resumeGrace)) { self.end(.clientClosed(closure)) }
    checkpoint()
  }

  /// Ends a session that has no client. False when it has one.
  func endIfAbandoned() -> Bool {
    guard core.life.isDetached, let absence = client.absence else { return false }
    end(.clientClosed(absence))
    return true
  }

  // MARK: The resumed session

  /// Takes in the client that came back, in place of the one that may still be there. Nil when the session is about to end.
  func adopt(_ arrival: Arrival) -> ClientLeg? {
    let isWarm = core.life.isDetached
    guard core.life.clientReturned() else { return nil }
    if !isWarm { dismissClient(.sessionReplaced) }
    let leg = ClientLeg(session: self)
    client.replace(
      with: arrival.eventLoop === eventLoop ? arrival.connection.value : RemoteConnection(arrival.connection, on: arrival.eventLoop),
      leg: leg)
    core.session.returned(arrival.grant)
    if let expiry = arrival.grant.tokenExpiresAt { tokenRefreshed(expiresAt: expiry) }
    observe(.clientReturned)
    logger.info("client reconnected", metadata: ["waiting_bytes": "\(client.outbox.bytes)"])
    // Before all that waited. Where upstream is not open yet, that says it.
    if core.session.startedAt != nil { client.connection.send(ready()) }
    client.flushOutbox()
    setClientReading()
    return leg
  }

  /// Says goodbye to a client whose place another one took.
  private func dismissClient(_ reason: CloseReason) {
    client.leg = nil
    // What the older one said early was not the newer one's.
    _ = client.takeEarly()
    client.connection.send(GatewayEvent.error(reason, id: newEventID()))
    client.flush()
    client.connection.close(reason.closure)
  }

  // MARK: The session that the client came in with

  /// Lets the client, who was verified and not admitted yet, go on in `older`. `done` gets false, on this loop, when that is about to
  /// end: nothing has changed then.
  func moveClient(
    to older: NIOLoopBound<RealtimeRelay>, on olderLoop: any EventLoop, grant: SessionGrant, done: @escaping @Sendable (Bool) -> Void
  ) {
    guard core.life.state == .admitting else { return done(false) }
    let arrival = Arrival(connection: NIOLoopBound(client.connection, eventLoop: eventLoop), eventLoop: eventLoop, grant: grant)
    let own = (session: NIOLoopBound(self, eventLoop: eventLoop), loop: eventLoop)
    olderLoop.execute {
      let successor = older.value.adopt(arrival).map {
        ClientLeg.Successor(leg: NIOLoopBound($0, eventLoop: olderLoop), eventLoop: olderLoop)
      }
      own.loop.execute {
        if let successor { own.session.value.clientMoved(to: successor) }
        done(successor != nil)
      }
    }
  }

  private func clientMoved(to successor: ClientLeg.Successor) {
    guard let leg = client.leg, core.life.clientMoved() else {
      // Gone in the meantime, and the other session does not know.
      return successor.eventLoop.execute { successor.leg.value.closed(.abnormal) }
    }
    client.leg = nil
    leg.moved(to: successor)
    // Changes on the way were reported to the old delegate alone.
    leg.writabilityChanged(client.connection.isWritable)
    for message in client.takeEarly() { leg.received(message) }
    leg.readCompleted()
    owner.ended(nil)
  }
}
