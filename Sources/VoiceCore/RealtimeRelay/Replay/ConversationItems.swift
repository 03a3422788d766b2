import NIOCore

/// The conversation's items in order: what a new upstream is given when the old one is lost, what is stored so that the session can go on
/// elsewhere, and which of them the client does not know of.
///
/// Audio is never kept; its transcript stands for it. Bounded in items and bytes: the oldest go first, and are counted.
struct ConversationItems {
  struct Limits: Sendable, Equatable {
    var items = 512
    var bytes = 524_288
    /// A larger item is kept in part: one alone never pushes all others out.
    var itemBytes = 131_072
  }

  private let limits: Limits
  private var entries: [KeptItem] = []
  private var bytes = 0
  /// Count of the oldest items that were left out.
  private(set) var dropped = 0
  /// The item that upstream named last: what a new one of the gateway's is put behind.
  private(set) var newest: String?

  init(limits: Limits = Limits()) { self.limits = limits }

  /// Starts from what was stored. `hides`: whether an item is one that the client does not know of.
  init(restoring items: [StoredItem], dropped: Int, limits: Limits = Limits(), hides: (ConversationItem) -> Bool) {
    self.init(limits: limits)
    self.dropped = dropped
    for stored in items {
      let item = ByteBuffer(string: stored.json).withJSON { ConversationItem($0) }
      guard let item, let id = item.id else { continue }
      add(KeptItem(id: id, item, isHidden: GatewayID.isItem(id) || hides(item), limit: limits.itemBytes), at: entries.endIndex)
    }
    newest = entries.last?.id
  }

  // MARK: What upstream and the gateway say

  /// `conversation.item.added` or `.done`: the later one knows more. `isFirst`: the client asked for it to be the first of all.
  mutating func named(_ item: ConversationItem, _ place: ControlEvent.Place, isFirst: Bool = false, isHidden: Bool = false) {
    guard let id = item.id else { return }
    newest = id
    if GatewayID.isItem(id) {
      // What it holds is known better here.
      if let index = index(of: id) {
        move(index, behind: place.previous)
      } else {
        add(KeptItem(id: id, json: nil), at: position(behind: place.previous))
      }
    } else if let index = index(of: id) {
      var entry = entries[index]
      entry.learn(item, limit: limits.itemBytes)
      entry.isHidden = entry.isHidden || isHidden
      replace(index, entry)
      if entry.isHidden { move(index, behind: place.previous) }
    } else {
      // What the client does not know of hangs on what it does, also where that was never named here.
      if isHidden, let previous = place.previous, !GatewayID.isItem(previous), index(of: previous) == nil {
        add(KeptItem(id: previous), at: entries.endIndex)
      }
      let entry = KeptItem(id: id, item, isHidden: isHidden, limit: limits.itemBytes)
      add(entry, at: isFirst ? 0 : position(behind: place.previous))
    }
    makeRoom()
  }

  /// `input_audio_buffer.committed`: the item is about to be named.
  mutating func committed(_ id: String, _ place: ControlEvent.Place) {
    newest = id
    guard index(of: id) == nil else { return }
    add(KeptItem(id: id), at: position(behind: place.previous))
    makeRoom()
  }

  /// The gateway puts an item of its own behind all others. `json`: as a new upstream is to be given it; nil: not at all.
  mutating func put(_ id: String, json: String?) {
    add(KeptItem(id: id, json: json), at: newest.flatMap(index(of:)).map { $0 + 1 } ?? entries.endIndex)
    makeRoom()
  }

  /// `…input_audio_transcription.completed`: what the user said in an item.
  mutating func transcribed(_ words: ControlEvent.Words) {
    guard let index = index(of: words.item) else { return }
    var entry = entries[index]
    entry.transcribed(words, limit: limits.itemBytes)
    replace(index, entry)
    makeRoom()
  }

  /// Cuts an answer to what was heard of it; `length`: of all its audio, in milliseconds, where that is known.
  mutating func truncated(_ cut: ControlEvent.Truncation, length: Double?) {
    guard let index = index(of: cut.item) else { return }
    var entry = entries[index]
    entry.truncate(at: Double(max(0, cut.audioEndMilliseconds)), of: length)
    replace(index, entry)
  }

  mutating func deleted(_ id: String) {
    guard let index = index(of: id) else { return }
    bytes -= entries.remove(at: index).bytes
    if newest == id { newest = entries.last?.id }
  }

  /// The context that was injected is lost with its upstream.
  mutating func removeContext() {
    entries.removeAll { entry in
      guard entry.isHidden, entry.json == nil, GatewayID.isItem(entry.id) else { return false }
      bytes -= entry.bytes
      return true
    }
    newest = entries.last?.id
  }

  // MARK: What is asked of it

  func isHidden(_ id: String) -> Bool { GatewayID.isItem(id) || index(of: id).map { entries[$0].isHidden } ?? false }

  func contains(_ id: String) -> Bool { index(of: id) != nil }

  /// The nearest item at or before `id` that the client knows; nil where there is none. An item that is not known here is the client's.
  func visible(_ id: String) -> String? {
    guard let index = index(of: id) else { return GatewayID.isItem(id) ? nil : id }
    return entries[...index].last { !$0.isHidden }?.id
  }

  /// The items as they can be created again, oldest first. An item of which no word is known is left out.
  var restorable: [StoredItem] { entries.compactMap { entry in entry.json.map { StoredItem(id: entry.id, json: $0) } } }

  /// The item as it can be created again; nil where no word of it is known.
  func json(of id: String) -> String? { index(of: id).flatMap { entries[$0].json } }

  /// The nearest item before `id` that can be created again, and so stands upstream.
  func restorable(before id: String) -> String? { index(of: id).flatMap { entries[..<$0].last { $0.json != nil }?.id } }

  /// Items that the client knows and that a new upstream has as text, or not at all: they cannot be truncated there.
  var visibleAnswers: [String] { entries.filter { !$0.isHidden && $0.role == "assistant" }.map(\.id) }

  // MARK: -

  private func index(of id: String) -> Int? { entries.lastIndex { $0.id == id } }

  /// Index behind `previous`; the end where that is not known.
  private func position(behind previous: String?) -> Int { previous.flatMap(index(of:)).map { $0 + 1 } ?? entries.endIndex }

  private mutating func add(_ entry: KeptItem, at index: Int) {
    entries.insert(entry, at: index)
    bytes += entry.bytes
  }

  private mutating func replace(_ index: Int, _ entry: KeptItem) {
    bytes += entry.bytes - entries[index].bytes
    entries[index] = entry
  }

  private mutating func move(_ index: Int, behind previous: String?) {
    guard let previous, previous != entries[index].id, self.index(of: previous) != nil else { return }
    let entry = entries.remove(at: index)
    entries.insert(entry, at: position(behind: previous))
  }

  private mutating func makeRoom() {
    while entries.count > limits.items || bytes > limits.bytes, entries.count > 1 {
      let entry = entries.removeFirst()
      bytes -= entry.bytes
      if !entry.isHidden { dropped = dropped.adding(1) }
    }
  }
}
