import NIOCore
import Testing

@testable import VoiceCore

struct ContextItemTests {
  @Test func `the item is a system message of the gateway's own, and its text is escaped`() {
    #expect(ContextItem.number(in: ContextItem.id(7)) == 7)
    #expect(ContextItem.number(in: "gw_item_7") == nil)
    let event = ContextItem.creation(id: "gw_item_c1", text: "a \"b\"\n")
    #expect(
      String(buffer: event)
        == #"{"type":"conversation.item.create","event_id":"gw_item_c1","item":{"id":"gw_item_c1","type":"message","role":"system","content":[{"type":"input_text","text":"a \"b\"\n"}]}}"#
    )
    #expect(
      String(buffer: ContextItem.deletion(of: "gw_item_c1", eventID: "gw_del_2"))
        == #"{"type":"conversation.item.delete","event_id":"gw_del_2","item_id":"gw_item_c1"}"#)
  }
}
