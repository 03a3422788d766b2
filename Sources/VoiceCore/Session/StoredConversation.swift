/// A conversation as it can be restored: the client's settings and the items in order, as JSON text without audio.
public struct StoredConversation: Sendable, Equatable {
  /// The `session` object that the client's updates add up to; nil when it sent none.
  public var configuration: String?
  /// Oldest first.
  public var items: [StoredItem]
  /// Number of the oldest items dropped to stay within bounds.
  public var droppedItems: Int

  /// Creates a stored conversation.
  public init(configuration: String? = nil, items: [StoredItem] = [], droppedItems: Int = 0) {
    self.configuration = configuration
    self.items = items
    self.droppedItems = droppedItems
  }
}
