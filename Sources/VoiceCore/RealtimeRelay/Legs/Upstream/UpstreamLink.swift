import NIOCore

/// Upstream's leg with all that belongs to it: where it is dialled, the connection in use, the one that is to take its place, and how often
/// that was tried.
///
/// Decides nothing about the session; the driver tells it what to do.
final class UpstreamLink {
  let connector: any RealtimeConnector
  let target: RealtimeTarget
  private let eventLoop: any EventLoop
  /// Time of the first dial.
  let admittedAt: NIODeadline
  /// The connection in use, and what speaks for it.
  @exclusivity(unchecked) private(set) var connection: (any RealtimeConnection)?
  @exclusivity(unchecked) private(set) var leg: UpstreamLeg?
  /// Dialled while the one in use still serves.
  private(set) var successor: UpstreamLeg?
  /// Messages of upstream before `session.created`, bounded by ``RealtimeRelayConfiguration/heldBytes``.
  private(set) var held: [RealtimeMessage] = []
  private var heldBytes = 0
  /// True if it said `session.created`.
  private(set) var isOpen = false
  private var openedAt: NIODeadline = .distantFuture
  private(set) var dialledAt: NIODeadline
  /// Dials since upstream was lost, or since the session was admitted.
  private(set) var attempts = 0
  private var failedOpenings = 0
  private let redial: Alarm
  /// Life of a connection that begins a new count of dials.
  private let forgivenAfter: TimeAmount

  init(_ connector: any RealtimeConnector, _ target: RealtimeTarget, forgivenAfter: Duration, on eventLoop: any EventLoop) {
    self.connector = connector
    self.target = target
    self.forgivenAfter = TimeAmount(forgivenAfter)
    self.eventLoop = eventLoop
    admittedAt = eventLoop.now
    dialledAt = eventLoop.now
    redial = Alarm(on: eventLoop)
  }

  // MARK: The connection in use

  var isWritable: Bool { connection?.isWritable ?? false }
  /// Sends, once upstream has said `session.created`: what comes earlier is given to it with all that the old one had.
  func send(_ message: RealtimeMessage) { if isOpen { connection?.send(message) } }
  func flush() { connection?.flush() }

  func hold(_ message: RealtimeMessage, limit: Int) -> Bool {
    held.append(message)
    heldBytes += message.bytes.readableBytes
    return heldBytes <= limit
  }

  func takeHeld() -> [RealtimeMessage] {
    defer { (held, heldBytes) = ([], 0) }
    return held
  }

  /// Upstream said `session.created`. The first one of all begins a new count of dials.
  func opened(isFirst: Bool) {
    isOpen = true
    openedAt = eventLoop.now
    if isFirst { attempts = 0 }
  }

  // MARK: Dialling

  /// Dials; `leg` speaks for the connection. `gaveUp`: neither a connection nor its first event came in time.
  func dial(
    _ leg: UpstreamLeg, deadline: NIODeadline, opened: @escaping (UpstreamLeg) -> Void,
    failed: @escaping (UpstreamLeg, RealtimeConnectError) -> Void,
    gaveUp: @escaping (UpstreamLeg) -> Void
  ) {
    dialledAt = eventLoop.now
    connector.connect(to: target.rotated(by: failedOpenings), on: eventLoop) { connection in
      guard leg === self.leg || leg === self.successor else {
        connection.abort()
        return leg
      }
      leg.connection = connection
      // The dial's deadline covers the first event too: a silent server counts as unreachable.
      leg.opening.set(at: deadline) { if leg === self.leg || leg === self.successor { gaveUp(leg) } }
      opened(leg)
      return leg
    } failed: { error in
      if leg === self.leg || leg === self.successor { failed(leg, error) }
    }
  }

  /// The next connection is to be this one.
  func begin(_ leg: UpstreamLeg) {
    self.leg = leg
    connection = nil
    isOpen = false
  }

  /// The next connection is to be this one, once it is open; until then the one in use serves.
  func beginSuccessor(_ leg: UpstreamLeg) { successor = leg }

  /// The connection of the leg in use is there.
  func connected() { connection = leg?.connection }

  /// The successor takes over. Answers the connection whose place it takes.
  func takeOver() -> (any RealtimeConnection)? {
    let old = connection
    forgive()
    leg = successor
    connection = successor?.connection
    successor = nil
    isOpen = false
    return old
  }

  func dropSuccessor() {
    let dropped = successor
    successor = nil
    dropped?.opening.cancel()
    // Tells its leg at once: it is not the successor's any more.
    dropped?.connection?.abort()
  }

  /// The connection is closed. One that was reached and did not open: another one may, where there are several.
  func lost() {
    if connection != nil, !isOpen { failedOpenings += 1 }
    forgive()
    leg?.opening.cancel()
    connection = nil
    leg = nil
    isOpen = false
    _ = takeHeld()
  }

  /// The connection in use is given up, or gone: one that lived a while begins a new count of dials.
  private func forgive() { if isOpen, eventLoop.now - openedAt >= forgivenAfter { attempts = 0 } }

  func attempted() { attempts += 1 }

  func redial(in delay: TimeAmount, _ body: @escaping () -> Void) { redial.set(in: delay, body) }

  /// The session is over.
  func close() {
    redial.cancel()
    dropSuccessor()
    connection?.close(WebSocketClosure(code: 1000))
  }

  func forget() {
    leg?.opening.cancel()
    connection = nil
    leg = nil
  }

  // MARK: Secrets

  /// Masks the credentials that are sent upstream: what upstream says must not show them.
  lazy var mask = SecretMask(credentialsFor: target)
}
