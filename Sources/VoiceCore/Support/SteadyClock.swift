import Foundation

/// The time of day when the process began, and what has passed since by a clock that is never set: for limits and times to live that
/// this process keeps by itself. A correction of the system's clock neither ends nor prolongs them.
public enum SteadyClock {
  private static let start = (
    wall: UnixTime(milliseconds: Int64((Date().timeIntervalSince1970 * 1_000).rounded())), steady: ContinuousClock.now
  )

  /// Time of day by this clock.
  @Sendable public static func now() -> UnixTime { start.wall + (ContinuousClock.now - start.steady) }
}
