/// Rates above which a client is read more slowly.
public struct ClientRateLimits: Sendable, Equatable {
  /// Events of a client in one second.
  public var eventsPerSecond: Int
  /// Payload bytes of a client in one second, audio apart.
  public var bytesPerSecond: Int
  /// Bytes that may come at once: more than the largest event has.
  public var bytesBurst: Int
  /// Rate of appended audio, as a multiple of real time.
  public var audioSpeed: Double
  /// Audio that may come at once, such as a recording that is sent as a file: more than the 15 MiB that one event may hold.
  public var audioBurst: Duration

  /// Creates client rate limits.
  public init(
    eventsPerSecond: Int = 1_000, bytesPerSecond: Int = 4_194_304, bytesBurst: Int = 25_165_824, audioSpeed: Double = 4,
    audioBurst: Duration = .seconds(330)
  ) {
    self.eventsPerSecond = eventsPerSecond
    self.bytesPerSecond = bytesPerSecond
    self.bytesBurst = bytesBurst
    self.audioSpeed = audioSpeed
    self.audioBurst = audioBurst
  }
}
