import Logging
import NIOConcurrencyHelpers
public import ServiceLifecycle
public import VoiceCore

/// Keeps a fault that repeats from filling the log: of one warning or error, by its line of code, a few a minute are written, and how many
/// were not is logged with the next one, or at the end of that minute. Shared by all handlers of a process.
///
/// Run it as a service, so that what was left out is logged where no other line comes.
public final class LogRateLimiter: Service {
  private struct State {
    var gate: RepeatLimiter
    /// The text of each kind, to be told with what was left out of it.
    var messages: [String: String] = [:]
  }
  private let state: NIOLockedValueBox<State>
  private let window: Duration
  private let now: @Sendable () -> UnixTime
  /// Writes the lines about what was left out; set by the first handler, which knows where lines go.
  private let writer = NIOLockedValueBox<(@Sendable (_ message: String, _ count: Int) -> Void)?>(nil)

  /// Creates a log limiter.
  public init(linesPerWindow: Int = 20, window: Duration = .seconds(60), now: @escaping @Sendable () -> UnixTime) {
    state = NIOLockedValueBox(State(gate: RepeatLimiter(window: window, burst: linesPerWindow)))
    self.window = window
    self.now = now
  }

  /// Returns the number of suppressed lines like this one; nil = suppress this one too.
  func passes(_ event: LogEvent, at now: UnixTime) -> Int? {
    guard event.level == .warning || event.level == .error else { return 0 }
    return state.withLockedValue { state in
      let kind = "\(event.file):\(event.line)"
      let passes = state.gate.seen(kind, at: now)
      if passes == nil { state.messages[kind] = event.message.description }
      return passes
    }
  }

  func write(with body: @escaping @Sendable (_ message: String, _ count: Int) -> Void) {
    writer.withLockedValue { $0 = $0 ?? body }
  }

  /// Tells what was left out in windows that are over.
  package func report(at now: UnixTime) {
    let held = state.withLockedValue { state in
      state.gate.expired(at: now).map { (state.messages.removeValue(forKey: $0.kind) ?? $0.kind, $0.count) }
    }
    guard let write = writer.withLockedValue({ $0 }) else { return }
    for (message, count) in held { write(message, count) }
  }

  public func run() async {
    await cancelWhenGracefulShutdown { [self] in
      while (try? await Task.sleep(for: min(window, .seconds(5)))) != nil { report(at: now()) }
    }
    report(at: now() + window)
  }
}
