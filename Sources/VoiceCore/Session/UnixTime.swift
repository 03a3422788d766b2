/// A moment on the wall clock, in milliseconds since 1970-01-01T00:00:00Z. Always a parameter, never read below a driver.
///
/// All arithmetic saturates: a moment may come from a network.
public struct UnixTime: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970, UTC.
  public var milliseconds: Int64

  /// Creates a time of milliseconds since 1970, UTC.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }
  /// Creates a time of seconds since 1970, UTC; stops at the largest value.
  public init(seconds: Int64) { milliseconds = seconds.saturating { $0.multipliedReportingOverflow(by: 1_000) } }

  /// Days since 1970-01-01, UTC.
  package var day: Int64 { ISO8601.floorDivide(milliseconds, 86_400_000).quotient }

  public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
  /// Returns the time so much later; stops at the largest value.
  public static func + (left: Self, right: Duration) -> Self { Self(milliseconds: left.milliseconds.adding(right.inMilliseconds)) }
  /// Returns the time so much earlier; stops at the smallest value.
  public static func - (left: Self, right: Duration) -> Self { Self(milliseconds: left.milliseconds.subtracting(right.inMilliseconds)) }
  /// Returns the duration from `right` to `left`.
  public static func - (left: Self, right: Self) -> Duration { .milliseconds(left.milliseconds.subtracting(right.milliseconds)) }
}

extension Duration {
  /// Seconds with their fraction.
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
  /// Whole milliseconds, rounded towards zero; as many as there are numbers for where there are more.
  public var inMilliseconds: Int64 {
    components.seconds.saturating { $0.multipliedReportingOverflow(by: 1_000) }.adding(components.attoseconds / 1_000_000_000_000_000)
  }
}
