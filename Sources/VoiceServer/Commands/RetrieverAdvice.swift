import VoiceCore

/// Names the settings that mend a retriever which does not answer.
enum RetrieverAdvice {
  /// `source` is one of `weaviate`, `embedded` and `http`.
  static func failed(_ error: RetrievalError, source: String) -> String {
    let (url, key) =
      switch source {
      case "weaviate": ("WEAVIATE_URL", "WEAVIATE_API_KEY")
      case "http": ("RAG_HTTP_URL", "RAG_HTTP_TOKEN")
      default: ("RAG_EMBEDDINGS_URL", "RAG_EMBEDDINGS_API_KEY")
      }
    let advice =
      switch error.code {
      case .unreachable, .timeout: "look at \(url), the name's DNS, and the firewall on the way out"
      case .refused where error.message.contains("refused the key"): "set \(key)"
      case .refused where error.message.contains("has no property"):
        "set WEAVIATE_TEXT_PROPERTY and WEAVIATE_PROPERTIES to names of its own"
      case .refused where error.message.contains("tenant"), .notAllowed:
        "set WEAVIATE_TENANT, or WEAVIATE_TENANT_CLAIM for one of each caller"
      case .refused where error.message.contains("targetVectors") || error.message.contains("target vectors"):
        "set WEAVIATE_TARGET_VECTORS to the named vectors to search"
      case .refused where error.message.contains("without vectorizer"), .refused where error.message.contains("vectorizer"):
        "set WEAVIATE_ALPHA=0 to search by words alone, or give the vectorizer its key in WEAVIATE_HEADERS"
      case .refused where error.message.contains("sub selection"): "leave cross references out of WEAVIATE_PROPERTIES"
      case .refused where error.message.contains("collection"): "set WEAVIATE_COLLECTION as the schema has it"
      case .badAnswer: "look at \(url): something else may answer there"
      default: "look at \(url) and \(key)"
      }
    return "\(error); \(advice)"
  }
}
