import NIOConcurrencyHelpers
public import VoiceCore

/// Keeps what it observed.
public final class RecordingObserver: RelayObserver {
  private let recorded = NIOLockedValueBox<[RelayEvent]>([])
  public init() {}

  public var events: [RelayEvent] { recorded.withLockedValue { $0 } }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    recorded.withLockedValue { $0.append(event) }
  }
}
