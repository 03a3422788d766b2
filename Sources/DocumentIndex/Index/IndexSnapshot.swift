import RAGPrefetch

/// All that a query sees: a value, so that a refresh never holds up a query.
struct IndexSnapshot: Sendable {
  var segments: [Segment] = []

  var passageCount: Int { segments.reduce(0) { $0 + $1.liveCount } }
  var languages: Languages = []
  /// Terms in all passages.
  var termCount = 0
}
