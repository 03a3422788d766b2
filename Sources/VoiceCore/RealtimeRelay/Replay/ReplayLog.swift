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
