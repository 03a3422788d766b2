import NIOCore

/// What waits for a client that reads slowly: bounded in bytes, with a stated order of sacrifice.
///
/// Audio of responses that were cancelled goes first; control events never. When that is not enough the client is too slow.
struct ClientOutbox {
  struct Entry {
    var message: RealtimeMessage
    /// The response that an audio delta belongs to; nil for every other event.
    var audioOf: String?
  }

  private let limit: Int
  private var entries = CircularBuffer<Entry>()
  private(set) var bytes = 0
  /// Responses whose audio nobody wants any more. The last few are enough: their deltas are in flight at the most.
  private var cancelled: [String] = []

  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { entries.isEmpty }

  enum Verdict: Equatable { case kept, dropped, overflow }

  /// Queues a message, or says that there is no room for it even so.
  mutating func append(_ message: RealtimeMessage, audioOf response: String?) -> Verdict {
    if let response, cancelled.contains(response) { return .dropped }
    guard bytes + message.bytes.readableBytes <= limit else { return .overflow }
    bytes += message.bytes.readableBytes
    entries.append(Entry(message: message, audioOf: response))
    return .kept
  }

  mutating func popFirst() -> RealtimeMessage? {
    guard let entry = entries.popFirst() else { return nil }
    bytes -= entry.message.bytes.readableBytes
    return entry.message
  }

  /// The user spoke over `response`: its queued audio is dropped, and what still comes of it.
  /// Returns how many deltas were dropped.
  @discardableResult
  mutating func dropAudio(of response: String) -> Int {
    if !cancelled.contains(response) {
      cancelled.append(response)
      if cancelled.count > 8 { cancelled.removeFirst() }
    }
    let before = entries.count
    entries.removeAll { $0.audioOf == response }
    bytes = entries.reduce(0) { $0 + $1.message.bytes.readableBytes }
    return before - entries.count
  }

  /// Nobody is there to hear it.
  mutating func dropAllAudio() {
    entries.removeAll { $0.audioOf != nil }
    bytes = entries.reduce(0) { $0 + $1.message.bytes.readableBytes }
  }

  /// Whether audio of `response` is to be dropped even when nothing waits.
  func isCancelled(_ response: String) -> Bool { cancelled.contains(response) }
  var hasCancelled: Bool { !cancelled.isEmpty }
}
