/// A piece of what the user says, as a recogniser tells it.
public struct HeardWords: Sendable, Equatable {
  /// The recogniser, the most trusted last.
  public enum Source: Int, Sendable, Comparable, CaseIterable {
    /// The client's own: its interim words are replaced by the next ones.
    case client
    /// A transcription socket beside the conversation.
    case parallel
    /// The conversation's own transcription.
    case upstream
    public static func < (lhs: Source, rhs: Source) -> Bool { lhs.rawValue < rhs.rawValue }
  }

  /// Meaning of the text beside what was heard before.
  public enum Kind: Sendable, Equatable {
    /// More words, behind those before.
    case delta
    /// All words so far, in place of those that were not final.
    case interim
    /// Words that are not replaced any more; others may follow.
    case final
    /// The whole transcript of a part: no more comes.
    case completed
    /// No words will come.
    case failed
  }

  /// The user's item; nil where it is not known, and what is being said now is meant.
  public var item: String?
  /// Content part of the item.
  public var contentIndex: Int
  /// Words, as the recogniser wrote them.
  public var text: String
  /// Recogniser that heard them.
  public var source: Source
  /// Meaning of the text beside what was heard before.
  public var kind: Kind
  /// The words belong to the turn that was committed last, and not to what is said since.
  public var isOfCommittedTurn: Bool

  /// Creates heard words.
  public init(
    _ text: String, item: String? = nil, contentIndex: Int = 0, source: Source, kind: Kind, isOfCommittedTurn: Bool = false
  ) {
    self.item = item
    self.contentIndex = contentIndex
    self.text = text
    self.source = source
    self.kind = kind
    self.isOfCommittedTurn = isOfCommittedTurn
  }
}
