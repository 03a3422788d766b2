import NIOCore
import Testing

@testable import VoiceCore

struct ConversationLedgerTests {
  private func named(_ item: String, after previous: String? = nil) -> ByteBuffer {
    ByteBuffer(
      string: #"{"type":"conversation.item.done","previous_item_id":\#(previous.map { "\"\($0)\"" } ?? "null"),"item":\#(item)}"#)
  }

  @Test func `items are kept in order, as text, tool calls and their outputs included`() {
    var ledger = ConversationLedger()
    ledger.itemNamed(named(#"{"id":"u1","type":"message","role":"user","content":[{"type":"input_audio","transcript":null}]}"#))
    ledger.transcribed(ByteBuffer(string: #"{"item_id":"u1","content_index":0,"transcript":"Say \"hi\""}"#))
    ledger.itemNamed(
      named(#"{"id":"f1","type":"function_call","call_id":"c","name":"n","arguments":"{\"a\":1}","status":"completed"}"#, after: "u1"))
    ledger.itemNamed(named(#"{"id":"o1","type":"function_call_output","call_id":"c","output":"42"}"#, after: "f1"))
    ledger.itemNamed(
      named(#"{"id":"a1","type":"message","role":"assistant","content":[{"type":"output_audio","transcript":"Hi."}]}"#, after: "o1"))
    ledger.itemNamed(named(#"{"id":"u0","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}"#, after: "u1"))
    #expect(
      ledger.items.map(\.json) == [
        #"{"id":"u1","type":"message","role":"user","content":[{"type":"input_text","text":"Say \"hi\""}]}"#,
        #"{"id":"u0","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}"#,
        #"{"id":"f1","type":"function_call","call_id":"c","name":"n","arguments":"{\"a\":1}"}"#,
        #"{"id":"o1","type":"function_call_output","call_id":"c","output":"42"}"#,
        #"{"id":"a1","type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi."}]}"#,
      ])
  }

  @Test func `an answer of which not all was heard says so, also when it is restored`() {
    var ledger = ConversationLedger()
    let answer = #"{"id":"a1","type":"message","role":"assistant","content":[{"type":"output_audio","transcript":"Hi."}]}"#
    ledger.itemNamed(named(answer))
    ledger.interrupted("a1")
    ledger.itemNamed(named(answer))
    let cut = #"{"id":"a1","type":"message","role":"assistant","status":"incomplete","content":[{"type":"output_text","text":"Hi."}]}"#
    #expect(ledger.items.map(\.json) == [cut])
    #expect(ConversationLedger(restoring: ledger.items, dropped: 0).items == ledger.items)
    ledger.itemNamed(named(#"{"id":"a2","type":"message","status":"incomplete","role":"assistant","content":[{"transcript":"Cut"}]}"#))
    #expect(ledger.items[1].json.contains(#""status":"incomplete""#))
  }

  @Test func `what is stored comes back the same`() {
    var ledger = ConversationLedger()
    ledger.itemNamed(named(#"{"id":"u1","type":"message","role":"user","content":[{"type":"input_text","text":"é 😀"}]}"#))
    ledger.itemNamed(named(#"{"id":"f1","type":"function_call","call_id":"c","name":"n","arguments":"{}"}"#, after: "u1"))
    #expect(ConversationLedger(restoring: ledger.items, dropped: 3).items == ledger.items)
    #expect(ConversationLedger(restoring: ledger.items, dropped: 3).dropped == 3)
  }

  @Test func `items without a word, and deleted ones, are not restored`() {
    var ledger = ConversationLedger()
    ledger.itemNamed(named(#"{"id":"u1","type":"message","role":"user","content":[{"type":"input_audio","transcript":null}]}"#))
    ledger.itemNamed(named(#"{"id":"u2","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}"#, after: "u1"))
    ledger.deleted("u2")
    #expect(ledger.items.isEmpty)
  }

  @Test func `the oldest go first when there is no room, and are counted`() {
    var ledger = ConversationLedger(limits: .init(items: 3, bytes: 1_000))
    for number in 0..<5 {
      ledger.itemNamed(
        named(#"{"id":"u\#(number)","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}"#, after: "u\(number - 1)")
      )
    }
    #expect(ledger.items.map(\.id) == ["u2", "u3", "u4"])
    #expect(ledger.dropped == 2)
    ledger.itemNamed(
      named(
        #"{"id":"big","type":"message","role":"user","content":[{"type":"input_text","text":"\#(String(repeating: "y", count: 2_000))"}]}"#,
        after: "u4"))
    #expect(ledger.items.map(\.id) == ["big"])
  }
}
