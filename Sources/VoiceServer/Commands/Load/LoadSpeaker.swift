import NIOCore
import VoiceCore

/// Drives one ``LoadSpeakerStateMachine`` on an event loop: dials, sends pieces of audio, passes on what came.
final class LoadSpeaker: RealtimeConnectionDelegate {
  private static let tick = TimeAmount.milliseconds(100)
  private static let goodbye = RealtimeMessage(ByteBuffer(string: #"{"type":"voice.session.end"}"#))

  private let eventLoop: any EventLoop
  private let speech: LoadSpeech
  private let report: (LoadEvent) -> Void
  private let finished: () -> Void
  private var machine: LoadSpeakerStateMachine
  private var connection: (any RealtimeConnection)?
  private var wasOpen = false

  /// `report` and `finished` are called on `eventLoop`; `finished` once, with the end.
  init(
    plan: LoadPlan, speech: LoadSpeech, on eventLoop: any EventLoop, report: @escaping (LoadEvent) -> Void, finished: @escaping () -> Void
  ) {
    self.eventLoop = eventLoop
    self.speech = speech
    self.report = report
    self.finished = finished
    machine = LoadSpeakerStateMachine(dialledAt: eventLoop.now, pieces: speech.speech.count, plan: plan)
  }

  func dial(_ target: RealtimeTarget, by connector: any RealtimeConnector) {
    report(.dialled)
    connector.connect(to: target, on: eventLoop) { connection in
      self.connection = connection
      self.schedule()
      return self
    } failed: { error in
      self.report(.failed(Self.code(of: error)))
      self.end()
    }
  }

  /// Code of a failure for TLS on a port that has none.
  static let noTLS = "no_tls"

  static func code(of error: RealtimeConnectError) -> String {
    if let status = error.status { return "http_\(status)" }
    return error.code == .tls && TLSFault(error.message) == .plainText ? noTLS : error.code.description
  }

  func dismiss() { machine.dismissed() }

  private func schedule() {
    eventLoop.assumeIsolated().scheduleTask(in: Self.tick) {
      guard self.machine.state != .ended else { return }
      self.perform(self.machine.ticked(at: self.eventLoop.now))
      self.schedule()
    }
  }

  private func perform(_ action: LoadSpeakerStateMachine.Action) {
    switch action {
    case .none: break
    case .sendSpeech(let piece): send(speech.speech[piece])
    case .sendSilence: send(speech.silence)
    case .sayGoodbye: send(Self.goodbye)
    case .close: connection?.close(WebSocketClosure(code: 1000))
    case .report(let event):
      if case .opened = event { wasOpen = true }
      report(event)
    }
  }

  private func send(_ message: RealtimeMessage) {
    guard let connection else { return }
    guard connection.isWritable else { return report(.failed("slow_network")) }
    connection.send(message)
    connection.flush()
  }

  private func end() {
    guard machine.state != .ended else { return }
    machine.closed()
    finished()
  }

  // MARK: RealtimeConnectionDelegate

  func received(_ message: RealtimeMessage) {
    guard case .event(let kind) = EventScanner.scanFirst(message.bytes) else { return }
    if kind == .error {
      let code = (try? JSONParser.parse(Array(message.bytes.readableBytesView), limits: .init(depth: 64, members: 1_000)))?["error"]?[
        "code"]?.string
      return report(.failed(code ?? "error"))
    }
    perform(machine.received(kind, at: eventLoop.now))
  }

  func readCompleted() {}
  func writabilityChanged(_ isWritable: Bool) {}

  func closed(_ closure: WebSocketClosure) {
    if case .leaving = machine.state {} else if closure.code != 1000, closure.code != 1008 { report(.failed("close_\(closure.code)")) }
    report(.closed(wasOpen: wasOpen))
    end()
  }
}
