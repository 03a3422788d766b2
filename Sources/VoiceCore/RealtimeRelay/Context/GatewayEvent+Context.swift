import NIOCore

extension GatewayEvent {
  /// `voice.rag.context`: what a turn got of the retrieved passages.
  static func context(_ outcome: ContextOutcome, id: String) -> RealtimeMessage {
    let sources = outcome.passages.map { passage in
      """
      {"title":\(passage.title.map(JSONText.quoted) ?? "null"),\
      "section":\(passage.section.map(JSONText.quoted) ?? "null"),"source":\(passage.source.map(JSONText.quoted) ?? "null"),\
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

  /// The first words of a passage, as a source is shown with.
  private static func snippet(of text: String) -> String {
    let limit = 160
    let line = text.onOneLine
    return line.count <= limit ? line : line.prefix(limit) + "…"
  }
}
