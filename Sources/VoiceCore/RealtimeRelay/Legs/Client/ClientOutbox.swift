import NIOCore

/// Messages that wait for a client that reads slowly: bounded in bytes, with a stated order of sacrifice.
///
/// Audio that is not wanted any more goes first; control events never. When that is not enough the client is too slow.
struct ClientOutbox {
  struct Entry {
    var message: RealtimeMessage
    /// The response that an audio delta belongs to; nil for every other event.
    var audioOf: String?
  }

  private let limit: Int
  private var entries = CircularBuffer<Entry>(initialCapacity: 1)
  private(set) var bytes = 0

  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { entries.isEmpty }

  enum Verdict: Equatable { case kept, overflow }

  /// Queues a message, or says that there is no room for it even so.
  mutating func append(_ message: RealtimeMessage, audioOf response: String?) -> Verdict {
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

  /// Drops the audio that waits of these responses. Answers how many deltas that were.
  mutating func dropAudio(where isUnwanted: (_ response: String) -> Bool) -> Int {
    let before = entries.count
    entries.removeAll { $0.audioOf.map(isUnwanted) ?? false }
    bytes = entries.reduce(0) { $0 + $1.message.bytes.readableBytes }
    return before - entries.count
  }
}
