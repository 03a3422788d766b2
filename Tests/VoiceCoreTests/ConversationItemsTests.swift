import NIOCore
import Testing

@testable import VoiceCore

/// The conversation's items as another upstream is given them, and as the client knows them.
struct ConversationItemsTests {
  private func named(
    _ items: inout ConversationItems, _ json: String, after previous: String? = nil, isFirst: Bool = false, isHidden: Bool = false
  ) {
    let item = ByteBuffer(string: json).withJSON { ConversationItem($0) }
    guard let item else { return }
    items.named(item, previous.map { .behind($0) } ?? .first, isFirst: isFirst, isHidden: isHidden)
  }

  private func message(_ id: String, _ text: String, role: String = "user") -> String {
    #"{"id":"\#(id)","type":"message","role":"\#(role)","content":[{"type":"\#(role == "user" ? "input" : "output")_text","text":"\#(text)"}]}"#
  }

  private func answer(_ id: String, _ words: String) -> String {
    #"{"id":"\#(id)","type":"message","role":"assistant","content":[{"type":"output_audio","transcript":"\#(words)"}]}"#
  }

  private func words(_ item: String, _ text: String) -> ControlEvent.Words { ControlEvent.Words(item: item, text: text) }

  @Test func `items are kept in order, as text, tool calls and their outputs included`() {
    var items = ConversationItems()
    named(&items, #"{"id":"u1","type":"message","role":"user","content":[{"type":"input_audio","transcript":null}]}"#)
    items.transcribed(words("u1", "Say \"hi\""))
    named(
      &items, #"{"id":"f1","type":"function_call","call_id":"c","name":"n","arguments":"{\"a\":1}","status":"completed"}"#, after: "u1")
    named(&items, #"{"id":"o1","type":"function_call_output","call_id":"c","output":"42"}"#, after: "f1")
    named(&items, answer("a1", "Hi."), after: "o1")
    named(&items, message("u0", "x"), after: "u1")
    #expect(
      items.restorable.map(\.json) == [
        #"{"id":"u1","type":"message","role":"user","content":[{"type":"input_text","text":"Say \"hi\""}]}"#, message("u0", "x"),
        #"{"id":"f1","type":"function_call","call_id":"c","name":"n","arguments":"{\"a\":1}"}"#,
        #"{"id":"o1","type":"function_call_output","call_id":"c","output":"42"}"#, message("a1", "Hi.", role: "assistant"),
      ])
  }

  @Test func `an item that the client asked to be the first of all is the first`() {
    var items = ConversationItems()
    named(&items, message("u1", "one"))
    named(&items, message("u2", "two"), after: "u1")
    named(&items, message("u0", "zero"), isFirst: true)
    // A server that names no predecessor at all appends.
    named(&items, message("u3", "three"))
    #expect(items.restorable.map(\.id) == ["u0", "u1", "u2", "u3"])
  }

  @Test func `an answer of which not all was heard comes back with what was heard, also when it is stored`() {
    var items = ConversationItems()
    let all = "one two three four five six seven eight nine ten"
    named(&items, answer("a1", all))
    items.truncated(.init(item: "a1", audioEndMilliseconds: 500), length: 1_000)
    named(&items, answer("a1", all))
    let cut =
      #"{"id":"a1","type":"message","role":"assistant","status":"incomplete","content":[{"type":"output_text","text":"one two three four five"}]}"#
    #expect(items.restorable.map(\.json) == [cut])
    let restored = ConversationItems(restoring: items.restorable, dropped: 0) { _ in false }
    #expect(restored.restorable == items.restorable)
    // Fifteen letters a second, where the audio's length is not known.
    named(&items, answer("a2", all), after: "a1")
    items.truncated(.init(item: "a2", audioEndMilliseconds: 600), length: nil)
    #expect(items.restorable[1].json.contains(#""text":"one two""#))
    items.truncated(.init(item: "a2", audioEndMilliseconds: -5), length: nil)
    #expect(items.restorable.map(\.id) == ["a1"])
  }

  @Test func `what is stored comes back the same, and a call without arguments is one of an empty object`() {
    var items = ConversationItems()
    named(&items, message("u1", "é 😀"))
    named(&items, #"{"id":"f1","type":"function_call","call_id":"c","name":"n","arguments":""}"#, after: "u1")
    #expect(items.restorable[1].json.contains(#""arguments":"{}""#))
    let restored = ConversationItems(restoring: items.restorable, dropped: 3) { $0.name == "n" }
    #expect(restored.restorable == items.restorable)
    #expect(restored.dropped == 3)
    #expect(restored.isHidden("f1") && !restored.isHidden("u1"))
  }

  @Test func `half an emoji is a replacement character, and the words around it are kept`() {
    var items = ConversationItems()
    named(&items, #"{"id":"u1","type":"message","role":"user","content":[{"type":"input_text","text":"ninety \ud83d seven"}]}"#)
    #expect(items.restorable[0].json.contains("ninety \u{FFFD} seven"))
  }

  @Test func `images come back as they were; one that is too large is said to have been there`() {
    var items = ConversationItems(limits: .init(items: 9, bytes: 10_000, itemBytes: 200))
    let image = #"{"type":"input_image","image_url":"data:image/png;base64,AAAA"}"#
    named(&items, #"{"id":"i1","type":"message","role":"user","content":[{"type":"input_text","text":"what is this?"},\#(image)]}"#)
    #expect(items.restorable[0].json.contains(#"[{"type":"input_text","text":"what is this?"},\#(image)]"#))
    let large = #"{"type":"input_image","image_url":"data:\#(String(repeating: "A", count: 300))"}"#
    named(&items, #"{"id":"i2","type":"message","role":"user","content":[\#(large)]}"#, after: "i1")
    #expect(items.restorable[1].json.contains(#"[{"type":"input_text","text":"[an image]"}]"#))
  }

  @Test func `what is kept of one item is bounded, however many parts it has, and however often it is shown or truncated`() {
    var items = ConversationItems(limits: .init(items: 9, bytes: 10_000, itemBytes: 300))
    let words = String(repeating: "é", count: 100)
    let parts = (0..<80).map { _ in #"{"type":"output_text","text":"\#(words)"}"# }.joined(separator: ",")
    for _ in 0..<2 { named(&items, #"{"id":"a1","type":"message","role":"assistant","content":[\#(parts)]}"#) }
    items.truncated(.init(item: "a1", contentIndex: 0, audioEndMilliseconds: 1_000), length: 1_000)
    let kept = items.restorable[0].json
    #expect(kept.utf8.count < 300 + 64 * 40 && kept.contains("é…") && !kept.contains("\u{FFFD}"))
    #expect("\(items)".utf8.count < 10_000)
  }

  @Test func `items without a word, and deleted ones, are not restored`() {
    var items = ConversationItems()
    named(&items, #"{"id":"u1","type":"message","role":"user","content":[{"type":"input_audio","transcript":null}]}"#)
    named(&items, message("u2", "x"), after: "u1")
    items.deleted("u2")
    #expect(items.restorable.isEmpty)
  }

  @Test func `the oldest go first when there is no room, and one that is long pushes out no more than its share`() {
    var items = ConversationItems(limits: .init(items: 3, bytes: 1_000, itemBytes: 300))
    for number in 0..<5 { named(&items, message("u\(number)", "x"), after: "u\(number - 1)") }
    #expect(items.restorable.map(\.id) == ["u2", "u3", "u4"])
    #expect(items.dropped == 2)
    named(&items, message("big", String(repeating: "y", count: 2_000)), after: "u4")
    #expect(items.restorable.map(\.id) == ["u3", "u4", "big"])
    #expect(items.restorable[2].json.utf8.count < 500)
  }

  @Test func `hidden items are left out of the chain, whatever stands before them is deleted or put there`() {
    var items = ConversationItems()
    named(&items, message("u1", "hi"))
    named(&items, answer("a1", "hello"), after: "u1")
    items.put("gw_item_1", json: nil)
    #expect(items.visible("gw_item_1") == "a1")
    items.deleted("a1")
    #expect(items.visible("gw_item_1") == "u1")
    named(&items, message("x1", "inserted"), after: "u1")
    #expect(items.visible("gw_item_1") == "x1")
    #expect(items.visible("gw_item_9") == nil && items.visible("elsewhere") == "elsewhere")
    #expect(items.restorable.map(\.id) == ["u1", "x1"])
    // Upstream says where it really stands.
    named(&items, #"{"id":"gw_item_1","type":"message","role":"system","content":[{"type":"input_text","text":"secret"}]}"#, after: "u1")
    #expect(items.visible("gw_item_1") == "u1")
    #expect(!items.restorable.contains { $0.json.contains("secret") })
  }
}
