import NIOCore
import Testing
import VoiceCore
import VoiceTesting

@testable import SessionStore

struct StoredSessionCodecTests {
  private var session: StoredSession {
    var random = SeededGenerator(seed: 1)
    var counters = SessionCounters()
    counters.turns = 3
    counters.usage.inputAudio = 77
    counters.costNanoUSD = 5
    return StoredSession(
      id: SessionID(using: &random), userID: "ü\"ser", plan: "elite", model: "m", createdAt: UnixTime(milliseconds: 1_700_000_000_123),
      updatedAt: UnixTime(milliseconds: 1_700_000_001_456), counters: counters, configuration: #"{"instructions":"\u0000"}"#,
      items: [StoredItem(id: "item_1", json: #"{"id":"item_1","type":"message"}"#)], droppedItems: 4)
  }

  @Test func `what is stored is read as it was`() throws {
    #expect(try StoredSessionCodec.decode(StoredSessionCodec.encode(session)) == session)
  }

  @Test(arguments: ["", "\u{0}\u{1}\u{8}\t\n\u{b}\r\u{1f} \"\\/\u{7f}", "é \u{2028} 😀 \u{10FFFF}", #"{"a":"\"b\\"}"#])
  func `any text is read as it was written`(text: String) throws {
    var session = session
    session.userID = text
    session.plan = nil
    session.configuration = nil
    session.items = [StoredItem(id: text, json: text), StoredItem(id: "", json: "\(text)\(text)")]
    #expect(try StoredSessionCodec.decode(StoredSessionCodec.encode(session)) == session)
  }

  @Test func `a session that the version before wrote is read`() throws {
    let id = session.id
    let json =
      #"{"v":1,"id":"\#(id)","user_id":"ada","plan":null,"model":"m","created_at":1700000000,"updated_at":1700000060,"session":"{}","#
      + #""items":["{\"id\":\"item_7\",\"type\":\"message\"}","{\"type\":\"message\"}"],"email":"never looked at"}"#
    let found = try StoredSessionCodec.decode(ByteBuffer(string: json))
    #expect(found.id == id && found.userID == "ada" && found.plan == nil && found.configuration == "{}")
    #expect(found.createdAt == UnixTime(seconds: 1_700_000_000) && found.updatedAt == UnixTime(seconds: 1_700_000_060))
    #expect(found.items.map(\.id) == ["item_7", "item_stored_1"])
    #expect(found.counters == SessionCounters() && found.droppedItems == 0)
  }

  @Test func `members that the next version may add are passed over, and counters that are missing are 0`() throws {
    let text = String(buffer: StoredSessionCodec.encode(session))
    let changed = text.replacing(#""turns":3"#, with: #""turns_of_tomorrow":{"a":1}"#).replacing(#""v":2"#, with: #""v":2,"mood":[1]"#)
    #expect(changed != text)
    var expected = session
    expected.counters.turns = 0
    #expect(try StoredSessionCodec.decode(ByteBuffer(string: changed)) == expected)
  }

  @Test(arguments: ["", "null", "[]", #"{"v":3}"#, #"{"v":2,"id":"geheim"}"#, #"{"v":"2"}"#, "geheim"])
  func `what cannot be read is refused, and nothing of it repeated`(text: String) {
    let error = #expect(throws: UnreadableSession.self) { try StoredSessionCodec.decode(ByteBuffer(string: text)) }
    #expect(error?.description.contains("geheim") == false)
  }

  @Test func `neither e-mail nor token is stored`() throws {
    let text = String(buffer: StoredSessionCodec.encode(session))
    #expect(!text.contains("email") && !text.contains("jwt") && !text.contains("\"token\""))
  }
}
