/// A way to get context in, as settings of the gateway and as the time when words are known.
enum Design: String, CaseIterable, Sendable {
  /// Asked when the user has finished, and waited for: retrieval, then the model.
  case sequential
  /// Words are known after the commit; at most 200 ms are waited for what is found.
  case old = "old design"
  case ours

  /// Whether words come while they are spoken.
  var streamsWords: Bool { self != .old }

  var environment: [String: String] {
    switch self {
    case .sequential: ["RAG_MIN_WORDS": "1000", "RAG_MAX_WAIT_MS": "60000", "RAG_TIMEOUT_MS": "60000"]
    case .old: ["RAG_MIN_WORDS": "5", "RAG_MAX_WAIT_MS": "200", "RAG_TIMEOUT_MS": "60000"]
    case .ours: ["RAG_TIMEOUT_MS": "60000"]
    }
  }
}
