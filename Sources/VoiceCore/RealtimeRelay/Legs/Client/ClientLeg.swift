import NIOCore

/// The client's side of a session, as its connection sees it.
///
/// The connection keeps its delegate for life. When the client goes on in an older session, the leg passes all on to the leg that
/// speaks for it there.
final class ClientLeg: RealtimeConnectionDelegate {
  /// Session that the client moved to.
  struct Successor {
    var leg: NIOLoopBound<ClientLeg>
    var eventLoop: any EventLoop
  }

  private let session: RealtimeRelay
  private var successor: Successor?

  init(session: RealtimeRelay) { self.session = session }

  /// False once another client took this one's place: nothing that it says counts any more.
  private var isCurrent: Bool { session.client.leg === self }

  func moved(to successor: Successor) { self.successor = successor }

  func received(_ message: RealtimeMessage) {
    if isCurrent { return session.clientSent(message) }
    passOn { $0.received(message) }
  }

  func received(otherFrames count: Int) {
    if isCurrent { return session.clientSent(otherFrames: count) }
    passOn { $0.received(otherFrames: count) }
  }

  func readCompleted() {
    if isCurrent { return session.clientReadCompleted() }
    passOn { $0.readCompleted() }
  }

  func writabilityChanged(_ isWritable: Bool) {
    if isCurrent {
      if isWritable { session.clientBecameWritable() }
    } else {
      passOn {
        $0.writabilityWasReported(isWritable)
        $0.writabilityChanged(isWritable)
      }
    }
  }

  func peerFailed(_ closure: WebSocketClosure) {
    if isCurrent { return session.end(closure.code == 1009 ? .messageTooLarge : .clientFailed(closure)) }
    passOn { $0.peerFailed(closure) }
  }

  func closed(_ closure: WebSocketClosure) {
    if isCurrent { return session.clientClosed(closure) }
    passOn { $0.closed(closure) }
  }

  /// Updates the writability of a connection on another event loop.
  private func writabilityWasReported(_ isWritable: Bool) {
    if isCurrent { (session.client.connection as? RemoteConnection)?.isWritable = isWritable }
  }

  private func passOn(_ event: @escaping @Sendable (ClientLeg) -> Void) {
    guard let successor else { return }
    successor.eventLoop.execute { event(successor.leg.value) }
  }
}
