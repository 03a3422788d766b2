import NIOCore
import VoiceCore

/// The connections that wait for one target on one event loop. Lives on that event loop.
final class WarmPool {
  /// A connection that waits: TCP and TLS are done, or the WebSocket too, and what upstream says first stands in its buffer.
  enum Parked {
    case channel(any Channel)
    case connection(WebSocketConnection, any Channel)

    var channel: any Channel {
      switch self {
      case .channel(let channel), .connection(_, let channel): channel
      }
    }
  }

  typealias Dial = (_ opened: @escaping (Parked) -> Void, _ failed: @escaping () -> Void) -> Void

  private let eventLoop: any EventLoop
  private let dial: Dial
  private var machine: WarmPoolStateMachine
  private var parked: [Int: Parked] = [:]
  private var timer: Scheduled<Void>?

  init(_ limits: WarmPoolStateMachine.Limits, on eventLoop: any EventLoop, dial: @escaping Dial) {
    self.eventLoop = eventLoop
    self.dial = dial
    machine = WarmPoolStateMachine(limits)
  }

  func start() { perform(machine.fill(at: eventLoop.now)) }

  /// The connection to use, and another one is made in its place; nil: there is none.
  func take() -> Parked? {
    let now = eventLoop.now
    var taken: Parked?
    while taken == nil, let number = machine.take(at: now) {
      guard let found = parked.removeValue(forKey: number), found.channel.isActive else { continue }
      taken = found
    }
    perform(machine.fill(at: now))
    return taken
  }

  /// Reports that what was taken got an answer.
  func succeeded() {
    machine.succeeded()
    perform(machine.fill(at: eventLoop.now))
  }

  func stop() {
    perform(machine.stop())
    timer?.cancel()
  }

  private func perform(_ actions: [WarmPoolStateMachine.Action]) {
    for action in actions {
      switch action {
      case .close(let number): parked.removeValue(forKey: number)?.channel.close(promise: nil)
      case .dial(let number):
        dial(
          { [self] found in
            parked[number] = found
            found.channel.closeFuture.assumeIsolated().whenComplete { [self] _ in
              guard parked.removeValue(forKey: number) != nil else { return }
              perform(machine.lost(number, at: eventLoop.now))
            }
            perform(machine.opened(number, at: eventLoop.now))
          }, { [self] in perform(machine.lost(number, at: eventLoop.now)) })
      }
    }
    timer?.cancel()
    timer = machine.nextDeadline.map { deadline in
      eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in perform(machine.fill(at: eventLoop.now)) }
    }
  }
}
