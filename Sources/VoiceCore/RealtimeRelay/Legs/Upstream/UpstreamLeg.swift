import NIOCore

/// Upstream's side of a session, as its connection sees it.
final class UpstreamLeg: RealtimeConnectionDelegate {
  private let session: RealtimeRelay
  /// Nil until it is dialled.
  var connection: (any RealtimeConnection)?
  /// Ends the waiting for its first event.
  let opening: Alarm
  /// First event of a successor, until the moment to change over.
  var created: RealtimeMessage?
  /// True if a successor waits for no quiet moment.
  var isUrgent = false

  init(session: RealtimeRelay) {
    self.session = session
    opening = Alarm(on: session.eventLoop)
  }

  /// False once another connection took this one's place: nothing that it says counts any more.
  private var isCurrent: Bool { session.upstream?.leg === self }
  private var isSuccessor: Bool { session.upstream?.successor === self }

  func received(_ message: RealtimeMessage) {
    if isCurrent { session.upstreamSent(message) } else if isSuccessor { session.successorSent(message) }
  }
  func readCompleted() { if isCurrent { session.upstreamReadCompleted() } }
  /// A slow upstream stops the reading from the client: TCP pushes back.
  func writabilityChanged(_ isWritable: Bool) { if isCurrent { session.upstreamWritabilityChanged() } }
  /// Treats a protocol error of upstream as a loss: the client must not see it as its own.
  func peerFailed(_ closure: WebSocketClosure) { closed(.abnormal) }
  func closed(_ closure: WebSocketClosure) {
    if isCurrent { session.upstreamClosed(closure) } else if isSuccessor { session.successorLost() }
  }
}
