import NIOConcurrencyHelpers
public import VoiceCore

/// Keeps what it observed.
public final class RecordingObserver: RelayObserver {
  private let recorded = NIOLockedValueBox<[RelayEvent]>([])
  private let stream: AsyncStream<RelayEvent>
  private let continuation: AsyncStream<RelayEvent>.Continuation

  /// Creates a recording observer.
  public init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(10_000)) }

  /// Events so far.
  public var events: [RelayEvent] { recorded.withLockedValue { $0 } }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    recorded.withLockedValue { $0.append(event) }
    continuation.yield(event)
  }

  /// Waits for an event; what came before it is not waited for again.
  public func first(where matches: @Sendable (RelayEvent) -> Bool) async -> RelayEvent? {
    for await event in stream where matches(event) { return event }
    return nil
  }
}
