import NIOConcurrencyHelpers
public import TelemetryExport
public import VoiceCore

/// Makes traces of sessions and turns, and gives them to its sinks.
public final class TraceObserver: RelayObserver {
  private struct State {
    var assembler: TraceAssembler
    var generator = SystemRandomNumberGenerator()
  }
  private let state: NIOLockedValueBox<State>
  private let sinks: [any TraceSink]
  private let now: @Sendable () -> UnixTime

  /// Creates a trace observer.
  public init(sinks: [any TraceSink], naming: TraceNaming = TraceNaming(), now: @escaping @Sendable () -> UnixTime) {
    state = NIOLockedValueBox(State(assembler: TraceAssembler(naming)))
    self.sinks = sinks
    self.now = now
  }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    let time = now()
    let finished = state.withLockedValue { state in
      state.assembler.observed(event, in: session, at: time, using: &state.generator)
    }
    for trace in finished { for sink in sinks { sink.finished(trace) } }
  }
}
