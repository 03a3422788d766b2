import Logging
import NIOCore
import NIOEmbedded
import VoiceTesting

@testable import VoiceCore

/// The driver with two connections in memory and an event loop whose time the test moves.
final class RelayScene {
  let loop: EmbeddedEventLoop
  let client = InMemoryConnection()
  let observer = RecordingObserver()
  let connector: InMemoryConnector
  let session: RealtimeRelay

  init(
    hasVoiceEvents: Bool = true, bufferBytes: Int = 10_000, clock: SessionClockStateMachine.Configuration = .init(),
    resumeGrace: Duration = .zero, policy: SessionPolicyConfiguration = .init(), prefetch: (any ContextPrefetcher)? = nil,
    parallelTranscription: ParallelTranscription? = nil,
    clientRate: ClientRateLimits? = nil, loop: EmbeddedEventLoop = EmbeddedEventLoop()
  ) {
    self.loop = loop
    connector = InMemoryConnector(on: loop)
    var generator = SeededGenerator(seed: 1)
    session = RealtimeRelay(
      context: SessionContext(id: SessionID(using: &generator), model: "gpt-realtime-2.1", hasVoiceEvents: hasVoiceEvents),
      client: client,
      on: loop,
      configuration: RealtimeRelayConfiguration(
        hasVoiceEvents: hasVoiceEvents, clientBufferBytes: bufferBytes, heldBytes: 1_000, resumeGrace: resumeGrace, clientRate: clientRate,
        clock: clock,
        policy: policy, prefetch: prefetch, parallelTranscription: parallelTranscription),
      observer: observer, wallClock: { UnixTime(seconds: 1_000) }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    client.delegate = session.clientDelegate
  }

  func admit(resumed: ResumedSession? = nil) {
    session.admit(
      SessionGrant(userID: "u", plan: "elite", resumed: resumed), connector: connector, target: RealtimeTarget(url: "ws://upstream"))
  }

  func open() -> InMemoryConnection {
    admit()
    let upstream = connector.all.last!.accept()
    upstream.receive(#"{"type":"session.created","session":{"model":"gpt-realtime-2.1"}}"#)
    return upstream
  }

  var endings: [RelayEvent] {
    observer.events.filter {
      switch $0 {
      case .ended, .refused: true
      default: false
      }
    }
  }
}
