/// How fast one client may send before it is read more slowly.
public struct ClientRateLimits: Sendable, Equatable {
  public var eventsPerSecond: Int
  public var bytesPerSecond: Int
  /// Of appended audio, as a multiple of real time.
  public var audioSpeed: Double
  /// Audio that may come at once, such as a recording that is sent as a file.
  public var audioBurst: Duration

  public init(
    eventsPerSecond: Int = 1_000, bytesPerSecond: Int = 4_194_304, audioSpeed: Double = 4, audioBurst: Duration = .seconds(60)
  ) {
    self.eventsPerSecond = eventsPerSecond
    self.bytesPerSecond = bytesPerSecond
    self.audioSpeed = audioSpeed
    self.audioBurst = audioBurst
  }
}
