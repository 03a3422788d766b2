import NIOCore

/// One timer: set to a moment, set to another one, or not at all.
final class Alarm {
  private let eventLoop: any EventLoop
  private var scheduled: (at: NIODeadline, task: Scheduled<Void>)?

  init(on eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  var isSet: Bool { scheduled != nil }

  /// Calls `body` at that moment, unless it is set again before. Nil: never. The same moment again changes nothing.
  func set(at deadline: NIODeadline?, _ body: @escaping () -> Void) {
    if let scheduled, scheduled.at == deadline { return }
    cancel()
    guard let deadline else { return }
    let task = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
      self.scheduled = nil
      body()
    }
    scheduled = (deadline, task)
  }

  func set(in amount: TimeAmount, _ body: @escaping () -> Void) { set(at: eventLoop.now + amount, body) }

  func cancel() {
    scheduled?.task.cancel()
    scheduled = nil
  }
}
