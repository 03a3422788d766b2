import NIOConcurrencyHelpers
public import VoiceCore

/// A wall clock that stands still until it is moved.
public final class ManualClock: Sendable {
  private let time: NIOLockedValueBox<UnixTime>

  /// Creates a clock that shows this time.
  public init(_ start: UnixTime = UnixTime(seconds: 1_700_000_000)) { time = NIOLockedValueBox(start) }

  /// Time that the clock shows.
  public var now: UnixTime { time.withLockedValue { $0 } }

  /// Moves the clock forward.
  public func advance(by duration: Duration) { time.withLockedValue { $0 = $0 + duration } }
}
