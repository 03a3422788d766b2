import Testing
import VoiceCore

struct QueryItemsTests {
  @Test func `items are read as browsers write them`() {
    let items = QueryItems(path: "/v1?model=gpt%2Drealtime+2&token=&token=a%3Db&x=1&x=2&%C3%A9=%c3%a9&flag#&token=no")
    #expect(items["model"] == "gpt-realtime 2")
    #expect(items["token"] == "a=b" && items.all("token") == ["a=b"])
    #expect(items.all("x") == ["1", "2"])
    #expect(items["é"] == "é" && items["flag"] == nil && items["y"] == nil)
    #expect(QueryItems(path: "/v1").items.isEmpty)
  }

  @Test(arguments: ["%", "%1", "%zz", "%+1", "%ff", "a%80b", "%e9"]) func `what cannot be decoded stays as it is`(text: String) {
    #expect(PercentCoding.decoded(text.utf8) == text)
  }

  @Test func `a mark that combines with a separator hides nothing`() {
    #expect(QueryItems(path: "/v1?\u{301}a=1&\u{301}token=x&token=y")["token"] == "y")
  }

  @Test(arguments: ["", "gpt-realtime_2.1~", "a b&c=d/é+%"]) func `what is encoded is decoded to the same`(text: String) {
    let encoded = PercentCoding.encoded(text)
    #expect(PercentCoding.decoded(encoded.utf8) == text)
    #expect(encoded.utf8.allSatisfy { $0 < 0x80 && $0 != 0x20 })
  }
}
