import NIOCore

/// Rate limits of a client: events, bytes, and audio against real time, each with an allowance for bursts.
///
/// A faster client is not read for a while, so that TCP pushes back: nothing is lost, and other sessions are not delayed.
/// Judged once a read loop.
struct ClientRateStateMachine {
  /// Token bucket: its size and refill rate.
  private struct Bucket {
    let burst: Double
    let perSecond: Double
    /// Tokens left; negative = in debt until refilled.
    var left: Double

    init(perSecond: Double, burst: Double) {
      self.burst = burst
      self.perSecond = perSecond
      left = burst
    }

    /// Seconds until the debt is paid.
    mutating func spend(_ amount: Double, after seconds: Double) -> Double {
      left = min(burst, left + seconds * perSecond) - amount
      return left < 0 ? -left / perSecond : 0
    }
  }

  private var events: Bucket
  private var bytes: Bucket
  private var audio: Bucket
  private var lastSpent: NIODeadline?
  /// Limit in seconds. Stock clients give up a server that answers no ping for 20.
  private static let longestPause = 2.0

  init(_ limits: ClientRateLimits) {
    events = Bucket(perSecond: Double(limits.eventsPerSecond), burst: Double(limits.eventsPerSecond) * 2)
    bytes = Bucket(perSecond: Double(limits.bytesPerSecond), burst: Double(limits.bytesBurst))
    audio = Bucket(perSecond: limits.audioSpeed, burst: limits.audioBurst.inSeconds)
  }

  /// One read loop brought this much. Answers how long the client is not to be read; nil: read on.
  mutating func received(events count: Int, bytes size: Int, audioSeconds: Double, at now: NIODeadline) -> TimeAmount? {
    let seconds = lastSpent.map { Double((now - $0).nanoseconds) / 1_000_000_000 } ?? 0
    lastSpent = now
    let wait = max(
      events.spend(Double(count), after: seconds), bytes.spend(Double(size), after: seconds), audio.spend(audioSeconds, after: seconds))
    // Less than this is not worth a timer. After the longest pause one read is taken all the same: pings and control events stand behind
    // the audio, and the debt stays.
    return wait > 0.005 ? .nanoseconds(Int64(min(wait, Self.longestPause) * 1_000_000_000)) : nil
  }
}
