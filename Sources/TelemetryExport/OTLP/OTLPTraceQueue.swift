import VoiceCore

/// Traces that wait to be sent, within a bound, and the count of those that were not.
struct OTLPTraceQueue: Sendable {
  /// Reason for a trace that was not sent.
  enum Loss: String, Sendable, CaseIterable {
    /// More came than the bound lets wait.
    case queueFull = "queue_full"
    /// The collector refused its batch, or a part of it.
    case refused
    /// No collector took its batch within all attempts.
    case unreachable
  }

  private let maxQueued: Int
  private let maxBatch: Int
  private var queue: [FinishedTrace] = []
  private(set) var lost: [Loss: Int] = [:]
  /// Lost since the last report, for want of room or of a collector.
  private var unreported = 0
  private var lastReport: UnixTime?

  init(maxQueued: Int, maxBatch: Int) {
    self.maxQueued = maxQueued
    self.maxBatch = max(1, maxBatch)
  }

  var count: Int { queue.count }

  /// Answers whether a batch has just become full, so that the sender is woken once for it.
  mutating func add(_ trace: FinishedTrace) -> Bool {
    guard queue.count < maxQueued else {
      lose(1, .queueFull)
      return false
    }
    queue.append(trace)
    return queue.count.isMultiple(of: maxBatch)
  }

  /// Takes the oldest, at most a batch.
  mutating func next() -> [FinishedTrace] {
    let batch = Array(queue.prefix(maxBatch))
    queue.removeFirst(batch.count)
    return batch
  }

  mutating func lose(_ count: Int, _ loss: Loss) {
    lost[loss, default: 0] += count
    // A collector that refuses was warned of by itself, once.
    if loss != .refused { unreported += count }
  }

  /// The number that was lost since the last report, at most once a minute; nil where there is nothing to say yet.
  mutating func report(at now: UnixTime) -> Int? {
    guard unreported > 0, lastReport.map({ now >= $0 + .seconds(60) }) ?? true else { return nil }
    defer { unreported = 0 }
    lastReport = now
    return unreported
  }
}
