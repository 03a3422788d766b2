import NIOCore
import VoiceCore
import VoiceTransport

/// One connection: asks the machine and does as told.
final class SimulatorSession: RealtimeConnectionDelegate {
  private let connection: any RealtimeConnection
  private let eventLoop: any EventLoop
  private let synthesizer: SpeechSynthesizer
  private var machine: SimulatorStateMachine
  private var alarm: Scheduled<Void>?
  private var isOver = false

  init(
    _ connection: any RealtimeConnection, on eventLoop: any EventLoop, machine: SimulatorStateMachine, synthesizer: SpeechSynthesizer
  ) {
    self.connection = connection
    self.eventLoop = eventLoop
    self.machine = machine
    self.synthesizer = synthesizer
    // The connection takes its delegate first: what is sent before would be lost.
    eventLoop.assumeIsolated().execute { self.perform(self.machine.opened(at: self.eventLoop.now)) }
  }

  func received(_ message: RealtimeMessage) { perform(machine.received(message, at: eventLoop.now)) }
  func readCompleted() { connection.flush() }
  func writabilityChanged(_ isWritable: Bool) { connection.setReading(isWritable) }
  func closed(_ closure: WebSocketClosure) {
    isOver = true
    alarm?.cancel()
  }

  private func perform(_ actions: [SimulatorStateMachine.Action]) {
    guard !isOver else { return }
    for action in actions {
      switch action {
      case .send(let bytes): connection.send(RealtimeMessage(bytes))
      case .close(let closure): connection.close(closure)
      case .speak(let request, let response): speak(request, for: response)
      case .drop: connection.abort()
      case .reset: (connection as? any ResettableConnection)?.reset()
      }
    }
    connection.flush()
    alarm?.cancel()
    alarm = machine.nextDeadline.map { deadline in
      eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.perform(self.machine.deadlinePassed(at: self.eventLoop.now)) }
    }
  }

  private func speak(_ request: SpeechRequest, for response: String) {
    synthesizer.speak(request, on: eventLoop).assumeIsolated().whenSuccess { [weak self] speech in
      guard let self else { return }
      perform(machine.speechMade(speech, for: response, at: eventLoop.now))
    }
  }
}
