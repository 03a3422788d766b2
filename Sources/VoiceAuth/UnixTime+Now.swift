import FoundationEssentials
public import VoiceCore

extension UnixTime {
  /// Time of day by the system's clock.
  @Sendable public static func now() -> UnixTime { UnixTime(milliseconds: Int64((Date().timeIntervalSince1970 * 1_000).rounded())) }
}
