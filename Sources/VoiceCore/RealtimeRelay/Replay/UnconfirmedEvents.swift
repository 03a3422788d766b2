import NIOCore

/// Client events that upstream has not confirmed, as the client wrote them: they are said again to the upstream that takes the place of
/// a lost one.
///
/// Bounded in events and bytes: the oldest go first.
struct UnconfirmedEvents {
  /// Confirmation that an event waits for.
  enum Awaited: Equatable {
    case update
    /// The item of its own name, or the next one that nothing else explains.
    case item(String?, kind: String, isFirst: Bool)
    case deletion(of: String)
    case truncation(of: String)
    case retrieval(of: String)
    /// Begun, and not confirmed before it is done: `response` is its name once it has one.
    case response(String?, isOutOfBand: Bool)
  }

  private struct Entry {
    /// `event_id` by which an error names it.
    var id: String?
    var sequence: Int
    var bytes: ByteBuffer
    var awaited: Awaited
  }

  private static let maxEvents = 256
  private static let maxBytes = 4_194_304

  private var entries: [Entry] = []
  private var bytes = 0

  /// Every one, in the order in which it was said.
  var all: [(sequence: Int, bytes: ByteBuffer)] { entries.map { ($0.sequence, $0.bytes) } }

  /// The truncations among them.
  var truncations: [ControlEvent.Truncation] {
    entries.compactMap { entry in
      guard case .truncation = entry.awaited, case .itemTruncate(let cut) = ControlEvent.client(.itemTruncate, entry.bytes).event else {
        return nil
      }
      return cut
    }
  }

  mutating func said(_ bytes: ByteBuffer, id: String?, sequence: Int, awaits awaited: Awaited) {
    guard bytes.readableBytes <= Self.maxBytes else { return }
    entries.append(Entry(id: id, sequence: sequence, bytes: bytes, awaited: awaited))
    self.bytes += bytes.readableBytes
    while entries.count > Self.maxEvents || self.bytes > Self.maxBytes { remove(at: 0) }
  }

  /// Upstream did what the oldest of these asked for.
  mutating func confirmed(_ awaited: Awaited) { if let index = entries.firstIndex(where: { $0.awaited == awaited }) { remove(at: index) } }

  /// An item was named. Answers whether a client that asked for it wants it to be the first of all.
  mutating func itemNamed(_ id: String, kind: String, isExplained: Bool) -> Bool {
    let index =
      entries.firstIndex { if case .item(id, _, _) = $0.awaited { true } else { false } }
      ?? (isExplained ? nil : entries.firstIndex { if case .item(nil, kind, _) = $0.awaited { true } else { false } })
    guard let index, case .item(_, _, let isFirst) = entries[index].awaited else { return false }
    remove(at: index)
    return isFirst
  }

  /// A response that a client asked for was begun.
  mutating func responseBegan(_ id: String, isOutOfBand: Bool) {
    let waiting = Awaited.response(nil, isOutOfBand: isOutOfBand)
    guard let index = entries.firstIndex(where: { $0.awaited == waiting }) else { return }
    entries[index].awaited = .response(id, isOutOfBand: isOutOfBand)
  }

  /// A response is over.
  mutating func responseEnded(_ id: String) {
    let index = entries.firstIndex { if case .response(id, _) = $0.awaited { true } else { false } }
    if let index { remove(at: index) }
  }

  /// Upstream refused the event of this name; nil: the oldest that it has not answered. Answers what that waited for.
  mutating func refused(_ id: String?) -> Awaited? {
    let index = entries.firstIndex { entry in
      if let id { return entry.id == id }
      if case .response(.some, _) = entry.awaited { return false }
      return true
    }
    guard let index else { return nil }
    defer { remove(at: index) }
    return entries[index].awaited
  }

  /// Upstream refused the oldest request for a response of the conversation's.
  mutating func requestRefused() {
    if let index = entries.firstIndex(where: { $0.awaited == .response(nil, isOutOfBand: false) }) { remove(at: index) }
  }

  /// Upstream is replaced: all is said again, and waits anew.
  mutating func removeAll() {
    entries = []
    bytes = 0
  }

  private mutating func remove(at index: Int) { bytes -= entries.remove(at: index).bytes.readableBytes }
}
