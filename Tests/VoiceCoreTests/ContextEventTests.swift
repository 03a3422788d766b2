import NIOCore
import Testing

@testable import VoiceCore

struct ContextEventTests {
  private func event(_ passages: [Passage]) -> RealtimeMessage {
    GatewayEvent.context(ContextOutcome(status: .hit, item: "u1", query: "q", passages: passages), id: "e1")
  }

  private func source(_ message: RealtimeMessage, _ name: String) -> String? {
    let event = try? JSONParser.parse(Array(message.bytes.readableBytesView))
    return event?["sources"]?.array?.first?[name]?.string
  }

  @Test func `what a retriever names a passage by, and its text, are told in part where they are long`() {
    let long = String(repeating: "é", count: 100_000)
    // One letter with very many accents is one character.
    let tall = "e" + String(repeating: "\u{301}", count: 100_000)
    let told = event([Passage(text: tall, title: long, section: long, source: long, score: 1)])
    #expect(told.bytes.readableBytes < 4_096)
    for name in ["title", "section", "source"] { #expect(source(told, name) == String(repeating: "é", count: 128)) }
    #expect(source(told, "snippet")?.hasSuffix("…") == true)
  }

  @Test func `a passage of a usual size is told with its whole names and its first words`() {
    let told = event([Passage(text: " Refunds\nwithin  30 days.", title: "Refunds", source: "kb/refunds.md", score: 0.5)])
    #expect(source(told, "title") == "Refunds" && source(told, "source") == "kb/refunds.md" && source(told, "section") == nil)
    #expect(source(told, "snippet") == "Refunds within 30 days.")
    let words = String(repeating: "word ", count: 100)
    #expect(source(event([Passage(text: words)]), "snippet") == String(words.prefix(160)) + "…")
  }
}
