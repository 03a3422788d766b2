import NIOCore

/// All that another upstream has to be told when it takes the place of a lost one: the items of the conversation, the audio that is no item
/// yet, and what the client said and upstream did not confirm. The settings are with ``SessionPolicyStateMachine``.
struct ReplayLog {
  var items = ConversationItems()
  var audio: InputAudioReplayBuffer
  var unconfirmed = UnconfirmedEvents()
  /// Counts what the client says.
  private var sequence = 0
  /// Items that are put back into a new upstream: the client has seen them.
  private var restoring: Set<String> = []
  /// Answers that this upstream has as text, or not at all: it cannot truncate them.
  private(set) var textAnswers: Set<String> = []
  /// Answers that are put back once more, shorter: the client knows nothing of it.
  private var replacing: Set<String> = []
  /// Cuts that the gateway asked for and upstream has not confirmed. Bounded by what is being played.
  private var cuts: [ControlEvent.Truncation] = []
  /// Items that come from a turn or from a response, and not from the client's `conversation.item.create`. Bounded: they are named at once.
  private var explainedItems: [String] = []

  init(audioBytes: Int) { audio = InputAudioReplayBuffer(limits: .init(bytes: audioBytes)) }

  // MARK: From the client

  mutating func nextSequence() -> Int {
    sequence += 1
    return sequence
  }

  // MARK: From upstream

  /// An item is about to be named that the client did not create.
  mutating func explained(_ id: String) {
    guard !explainedItems.contains(id) else { return }
    explainedItems.append(id)
    if explainedItems.count > 32 { explainedItems.removeFirst() }
  }

  /// An item was named. Answers whether the client asked for it to be the first of all.
  mutating func itemNamed(_ id: String, kind: String) -> Bool {
    unconfirmed.itemNamed(id, kind: kind, isExplained: items.contains(id) || GatewayID.isItem(id) || explainedItems.contains(id))
  }

  /// True if the item is one that is put back: the client has seen it.
  mutating func isRestored(_ id: String, isDone: Bool) -> Bool {
    guard restoring.contains(id) else { return false }
    if isDone { restoring.remove(id) }
    return true
  }

  // MARK: Cuts

  /// The gateway asked for a cut by itself.
  mutating func cutRequested(_ cut: ControlEvent.Truncation) {
    cuts.append(cut)
    if cuts.count > 32 { cuts.removeFirst() }
  }

  mutating func cutConfirmed(_ cut: ControlEvent.Truncation, length: Double?) {
    cuts.removeAll { $0.item == cut.item }
    unconfirmed.confirmed(.truncation(of: cut.item))
    items.truncated(cut, length: length)
  }

  /// Upstream is lost before it confirmed these: the next one is given what was heard alone. `length`: of all audio of an item, in milliseconds.
  mutating func applyCuts(length: (String) -> Double?) {
    for cut in cuts + unconfirmed.truncations { items.truncated(cut, length: length(cut.item)) }
    cuts = []
  }

  /// An answer that upstream has as text is cut, which the provider cannot do: it is deleted there and created again, shorter. Answers the
  /// new item's JSON, nil where no word of it is left, and the item that it stands behind; nil where nothing changes.
  mutating func textCut(_ cut: ControlEvent.Truncation, length: Double?) -> (json: String?, previous: String)? {
    let before = items.json(of: cut.item)
    items.truncated(cut, length: length)
    let after = items.json(of: cut.item)
    guard before != nil, after != before else { return nil }
    replacing.insert(cut.item)
    if after != nil { restoring.insert(cut.item) }
    return (after, items.restorable(before: cut.item) ?? "root")
  }

  /// True for the deletion of an item that is put back shorter.
  mutating func isReplacement(_ id: String) -> Bool { replacing.remove(id) != nil }

  // MARK: Another upstream

  /// The session goes on from what was stored. `hides`: whether an item is one that the client does not know of.
  mutating func restore(_ stored: StoredConversation, hides: (ConversationItem) -> Bool) {
    items = ConversationItems(restoring: stored.items, dropped: stored.droppedItems, hides: hides)
  }

  /// The items that a new upstream is given, oldest first.
  mutating func restored() -> [StoredItem] {
    items.removeContext()
    let restorable = items.restorable
    restoring = Set(restorable.map(\.id))
    textAnswers = Set(items.visibleAnswers)
    replacing = []
    explainedItems = []
    return restorable
  }

  /// The audio that is no item yet and the events that are not confirmed, in the order in which the client said them.
  mutating func replayed() -> [(action: ConversationStateMachine.Action, isCommit: Bool)] {
    typealias Said = (sequence: Int, action: ConversationStateMachine.Action, isCommit: Bool)
    let heard = audio.upstreamReplaced().map { Said($0.sequence, .replay($0.message), $0.isCommit) }
    let said = unconfirmed.all.map { Said($0.sequence, .sayAgain($0.bytes), false) }
    unconfirmed.removeAll()
    return (heard + said).sorted { $0.sequence < $1.sequence }.map { ($0.action, $0.isCommit) }
  }
}
