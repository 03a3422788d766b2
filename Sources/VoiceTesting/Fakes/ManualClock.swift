import NIOConcurrencyHelpers
public import VoiceCore

/// A wall clock that stands still until it is moved.
public final class ManualClock: Sendable {
  private let time: NIOLockedValueBox<UnixTime>

  public init(_ start: UnixTime = UnixTime(seconds: 1_700_000_000)) { time = NIOLockedValueBox(start) }

  public var now: UnixTime { time.withLockedValue { $0 } }

  public func advance(by duration: Duration) { time.withLockedValue { $0 = $0 + duration } }
}
