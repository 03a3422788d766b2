package import VoiceCore

/// The context items that stand in the conversation, and which of them are to go.
///
/// Deleting an item breaks the provider's prompt cache from its place on: all audio behind it is read again at the full price, which
/// costs about as much as keeping 1,000 cached tokens of text for some ten turns or more. So items that an answer has used stay until
/// together they are over the budget; then all but those of the newest two turns go at once, and the cache breaks once.
package struct ContextItems: Equatable, Sendable {
  private struct Item: Equatable, Sendable {
    let id: Int
    let context: ContextText.Made
    let passages: [Passage]
    let tokens: Int
    var turn: Int
    /// An answer was made while it stood there.
    var isUsed = false
  }

  private let tokenBudget: Int
  private var items: [Item] = []
  private var turn = 0

  package init(tokenBudget: Int) { self.tokenBudget = tokenBudget }

  package var tokens: Int { items.reduce(0) { $0 + $1.tokens } }

  /// The passages that do not stand in the conversation yet; those that do are kept as if they were new.
  package mutating func missing(of passages: [Passage]) -> [Passage] {
    passages.filter { passage in
      guard let index = items.firstIndex(where: { $0.context.whole.contains { Self.isSame($0, passage) } }) else { return true }
      items[index].turn = turn
      return false
    }
  }

  /// Returns those of `passages` that stand in the conversation, whole or in part.
  package func standing(of passages: [Passage]) -> [Passage] {
    passages.filter { passage in
      items.contains { item in (item.context.whole + item.context.cut).contains { Self.isSame($0, passage) } }
    }
  }

  /// The item is there.
  ///
  /// - Parameter passages: what it was made of, also what did not fit.
  package mutating func added(_ id: Int, _ context: ContextText.Made, of passages: [Passage] = []) {
    // Four characters a token, and the item's frame.
    items.append(Item(id: id, context: context, passages: passages, tokens: context.text.utf8.count / 4 + 8, turn: turn))
  }

  /// Returns true where an item that no answer has used yet was made of the same passages: what did not fit there has no room now.
  package func isProvided(_ passages: [Passage]) -> Bool {
    items.contains { !$0.isUsed && $0.passages.elementsEqual(passages, by: Self.isSame) }
  }

  /// The item was refused or deleted.
  package mutating func removed(_ id: Int) { items.removeAll { $0.id == id } }

  /// Upstream was replaced: no item is there.
  package mutating func removeAll() { items = [] }

  /// Takes out the items that no answer has used, but for those that hold one of `passages`.
  package mutating func withdrawUnused(keeping passages: [Passage]) -> [Int] {
    let unused = items.filter { item in !item.isUsed && !item.context.whole.contains { held in passages.contains { Self.isSame(held, $0) } }
    }
    items.removeAll { item in unused.contains { $0.id == item.id } }
    return unused.map(\.id)
  }

  /// An answer is being made of all that stands there.
  package mutating func answerBegan() { for index in items.indices { items[index].isUsed = true } }

  /// An answer is done: the items to delete now, oldest first.
  package mutating func answerEnded() -> [Int] {
    defer { turn += 1 }
    guard tokens > tokenBudget else { return [] }
    let old = items.filter { $0.turn < turn - 1 }.map(\.id)
    items.removeAll { old.contains($0.id) }
    return old
  }

  /// The score is this query's, not the passage's.
  private static func isSame(_ one: Passage, _ other: Passage) -> Bool {
    one.text == other.text && one.source == other.source && one.title == other.title
  }
}
