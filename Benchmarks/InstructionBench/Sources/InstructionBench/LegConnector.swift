import NIOCore
import VoiceCore

/// Answers each dial with a leg, on which upstream says at once that the session is there.
struct LegConnector: RealtimeConnector {
  /// Leg of the newest dial.
  let newest: NIOLoopBoundBox<Leg?>

  init(on eventLoop: any EventLoop) { newest = .makeEmptyBox(valueType: Leg.self, eventLoop: eventLoop) }

  func connect(
    to target: RealtimeTarget, on eventLoop: any EventLoop, opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
    failed: @escaping (RealtimeConnectError) -> Void
  ) {
    eventLoop.assumeIsolated().execute {
      let leg = Leg(on: eventLoop)
      newest.value = leg
      leg.delegate = opened(leg)
      leg.receive(RealtimeMessage(Messages.sessionCreated))
    }
  }
}
