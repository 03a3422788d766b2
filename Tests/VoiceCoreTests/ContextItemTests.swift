import NIOCore
import Testing

@testable import VoiceCore

struct ContextItemTests {
  @Test func `the item is a system message of the gateway's own, and its text is escaped`() {
    #expect(GatewayID.contextNumber(in: GatewayID.context(7)) == 7)
    #expect(GatewayID.contextNumber(in: "gw_item_7") == nil)
    #expect(GatewayID.kind(of: GatewayID.context(7)) == .item)
    let item = UpstreamCommand.systemMessage(id: "gw_item_c1", text: "a \"b\"\n")
    #expect(
      String(buffer: UpstreamCommand.createItem(id: "gw_item_c1", item: item).bytes)
        == #"{"type":"conversation.item.create","event_id":"gw_item_c1","item":{"id":"gw_item_c1","type":"message","role":"system","content":[{"type":"input_text","text":"a \"b\"\n"}]}}"#
    )
    #expect(
      String(buffer: UpstreamCommand.deleteItem(id: "gw_del_2", item: "gw_item_c1").bytes)
        == #"{"type":"conversation.item.delete","event_id":"gw_del_2","item_id":"gw_item_c1"}"#)
  }

  @Test func `names that another session gave are not given again`() {
    var ids = GatewayIDs()
    ids.reserve(["gw_item_41", "gw_item_c900", "u1", "gw_item_"])
    #expect(ids.next(.item) == "gw_item_42" && ids.next(.response) == "gw_resp_1")
  }
}
