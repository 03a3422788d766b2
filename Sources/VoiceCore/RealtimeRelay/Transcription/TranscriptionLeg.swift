import Logging
import NIOCore

/// The transcription socket beside a session: asks ``ParallelTranscriptionStateMachine`` and does as told.
final class TranscriptionLeg: RealtimeConnectionDelegate {
  private let configuration: ParallelTranscription
  private let session: RealtimeRelay
  private var machine = ParallelTranscriptionStateMachine()
  private var connection: (any RealtimeConnection)?
  private var isOver = false

  init(_ configuration: ParallelTranscription, session: RealtimeRelay) {
    self.configuration = configuration
    self.session = session
  }

  // MARK: The conversation

  /// The conversation's settings were echoed: these are in force.
  func sessionEchoed(_ settings: SessionSettings) {
    guard settings.inputFormat != nil || settings.turnDetection != nil else { return }
    perform(
      machine.sessionEchoed(
        format: settings.inputFormat, detectsTurns: settings.turnDetection != "null", at: session.eventLoop.now))
  }

  func speechStarted() { perform(machine.speechStarted(at: session.eventLoop.now)) }
  func committed() { perform(machine.committed()) }
  func audioAppended(_ event: ByteBuffer) { perform(machine.audioAppended(event)) }
  func audioCleared() { perform(machine.cleared()) }

  func stop() {
    isOver = true
    connection?.close(WebSocketClosure(code: 1000))
    connection = nil
  }

  private func perform(_ actions: [ParallelTranscriptionStateMachine.Action]) {
    for action in actions {
      switch action {
      case .dial: dial()
      case .configure(let format): say(update(format: format))
      // A socket that does not take it fast enough loses audio, and the conversation none.
      case .send(let bytes): if connection?.isWritable ?? false { connection?.send(RealtimeMessage(bytes)) }
      case .commit(let id): say(#"{"type":"input_audio_buffer.commit","event_id":"\#(id)"}"#)
      case .clear: say(#"{"type":"input_audio_buffer.clear"}"#)
      case .hangUp:
        session.logger.warning("the transcription socket is not used: the server refused its settings")
        connection?.close(WebSocketClosure(code: 1000))
      }
    }
    connection?.flush()
  }

  private func dial() {
    guard let connector = session.upstream?.connector else { return lost() }
    connector.connect(to: configuration.target, on: session.eventLoop) { connection in
      if self.isOver { connection.abort() } else { self.connection = connection }
      return self
    } failed: { error in
      let mask = SecretMask(credentialsFor: self.configuration.target)
      self.session.logger.debug("transcription socket not opened", metadata: ["error": "\(mask.masked("\(error)"))"])
      self.lost()
    }
  }

  /// Turn detection is the conversation's: the models that stream take none here.
  private func update(format: String?) -> String {
    """
    {"type":"session.update","event_id":"\(GatewayID.Kind.transcriptionUpdate.rawValue)1","session":{"type":"transcription","audio":{"input":{"format":\
    \(format ?? #"{"type":"audio/pcm","rate":24000}"#),"transcription":{"model":\(JSONText.quoted(configuration.model)),\
    "delay":"minimal"},"turn_detection":null}}}}
    """
  }

  private func say(_ event: String) { connection?.send(RealtimeMessage(ByteBuffer(string: event))) }

  private func lost() {
    connection = nil
    if !isOver { machine.lost(at: session.eventLoop.now) }
  }

  // MARK: The socket

  func received(_ message: RealtimeMessage) {
    guard !isOver, case .event(let kind) = EventScanner.scanFirst(message.bytes) else { return }
    switch kind {
    case .sessionCreated: perform(machine.created())
    case .sessionUpdated: perform(machine.updated())
    case .inputAudioCommitted:
      if let item = message.bytes.withJSON({ $0.member("item_id")?.string }) { machine.commitAcknowledged(item: item) }
    case .transcriptionDelta: readDelta(message)
    case .transcriptionCompleted:
      if case .transcriptCompleted(_, let seconds?) = ControlEvent.server(kind, message.bytes) {
        session.transcribed(seconds: seconds, model: configuration.model)
      }
    case .error:
      let error = message.bytes.withJSON { event -> (id: String?, code: String)? in
        guard let error = event.member("error") else { return nil }
        return (error.member("event_id")?.string, error.member("code")?.string ?? "unknown")
      }
      session.logger.debug("transcription socket", metadata: ["error": "\(error?.code ?? "unknown")"])
      perform(machine.errorArrived(about: error?.id))
    default: break
    }
  }

  private func readDelta(_ message: RealtimeMessage) {
    let found = message.bytes.withJSON { event -> (item: String, index: Int, text: String)? in
      guard let item = event.member("item_id")?.string, let text = event.member("delta")?.string else { return nil }
      return (item, event.member("content_index")?.integer ?? 0, text)
    }
    guard let found else { return }
    session.prefetched(
      .heard(
        HeardWords(
          found.text, contentIndex: found.index, source: .parallel, kind: .delta,
          isOfCommittedTurn: machine.words(of: found.item) == .committed)))
  }

  func readCompleted() { session.upstream?.flush() }
  func writabilityChanged(_ isWritable: Bool) {}
  func closed(_ closure: WebSocketClosure) { lost() }
}
