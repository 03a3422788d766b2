import NIOCore

extension GatewayEvent {
  /// `voice.rag.context`: what a turn got of the retrieved passages.
  static func context(_ outcome: ContextOutcome, id: String) -> RealtimeMessage {
    let sources = outcome.passages.map { passage in
      """
      {"title":\(label(passage.title)),"section":\(label(passage.section)),"source":\(label(passage.source)),\
      "score":\(passage.score.isFinite ? passage.score : 0),"snippet":\(JSONText.quoted(snippet(of: passage.text)))}
      """
    }
    return RealtimeMessage(
      ByteBuffer(
        string: """
          {"type":"voice.rag.context","event_id":"\(id)","item_id":\(outcome.item.isEmpty ? "null" : JSONText.quoted(outcome.item)),\
          "query":\(outcome.query.map(JSONText.quoted) ?? "null"),"status":"\(outcome.status.rawValue)",\
          "sources":[\(sources.joined(separator: ","))],\
          "coverage":\(outcome.coverage.map { "\(($0 * 100).rounded() / 100)" } ?? "null"),\
          "retrieval_ms":\(outcome.retrieval.map { "\($0.inMilliseconds)" } ?? "null"),"waited_ms":\(outcome.waited.inMilliseconds)}
          """))
  }

  /// A retriever is another party's: what it names a passage by takes at most 256 bytes.
  private static func label(_ text: String?) -> String { text.map { JSONText.quoted($0.cut(toBytes: 256)) } ?? "null" }

  /// The first words of a passage, as a source is shown with: at most 160 characters, which take at most 1,024 bytes.
  private static func snippet(of text: String) -> String {
    let limit = 160
    let start = text.cut(toBytes: 1_024)
    let line = start.onOneLine
    return start.utf8.count == text.utf8.count && line.count <= limit ? line : line.prefix(limit) + "…"
  }
}
