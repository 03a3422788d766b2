import NIOCore
import Testing
import VoiceCore

@testable import SessionStore

/// Who serves a key: slots, and what nodes and sentinels say.
struct TopologyTests {
  private func bulk(_ text: String) -> RedisReply { .bulk(ByteBuffer(string: text)) }
  private func node(_ host: String, _ port: Int64) -> RedisReply { .array([bulk(host), .integer(port), bulk("id")]) }

  @Test(arguments: [
    // From the specification of clusters, and from CLUSTER KEYSLOT.
    ("123456789", 12_739), ("foo", 12_182), ("{user1000}.following", 3_443), ("{user1000}.followers", 3_443), ("", 0),
    ("foo{}{bar}", 8_363), ("foo{{bar}}zap", 4_015), ("foo{bar}{zap}", 5_061),
  ]) func `a key's slot is its hash tag's`(key: String, slot: Int) {
    #expect(RedisKeySlot.of(key) == slot)
  }

  @Test func `all keys of a user are served by one node, whatever he is called`() {
    let keys = RedisKeys(prefix: "voice:")
    for user in ["ada", "a{b", "a}b", "ü \r\n"] { #expect(RedisKeySlot.of(keys.limit(user)) == RedisKeySlot.of(keys.lease(user))) }
  }

  @Test func `scripts go by their SHA-1`() {
    #expect(SHA1.hexadecimal("abc".utf8) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(SHA1.hexadecimal("".utf8) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    #expect(SHA1.hexadecimal(String(repeating: "a", count: 1_000_000).utf8) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
  }

  @Test func `slots are read, and one that moves has another master`() throws {
    let asked = RedisEndpoint(host: "10.0.0.1", port: 7_000)
    let reply = RedisReply.array([
      .array([.integer(0), .integer(8_000), node("", 7_000), node("10.0.0.2", 7_001)]),
      .array([.integer(8_001), .integer(16_383), node("10.0.0.3", 7_002)]),
    ])
    var slots = try #require(ClusterSlots(reply, from: asked))
    #expect(slots.owner(of: 0) == asked && slots.owner(of: 16_383) == RedisEndpoint(host: "10.0.0.3", port: 7_002))
    #expect(slots.masters.count == 2 && slots.nodes.count == 3)
    let newcomer = RedisEndpoint(host: "10.0.0.4", port: 7_003)
    slots.move(5, to: newcomer)
    #expect(slots.owner(of: 5) == newcomer && slots.owner(of: 4) == asked)
  }

  @Test func `an answer that is none says nothing`() {
    let asked = RedisEndpoint(host: "h", port: 1)
    for reply in [RedisReply.null, .status("OK"), .array([.integer(1)]), .array([.array([.integer(0), .integer(16_384), node("h", 1)])])] {
      #expect(ClusterSlots(reply, from: asked) == nil)
    }
    #expect(ClusterSlots(.array([]), from: asked)?.owner(of: 0) == nil)
  }

  @Test func `a majority of the sentinels names the master; without one, most of those who answered`() {
    let (old, new) = (RedisEndpoint(host: "a", port: 1), RedisEndpoint(host: "b", port: 2))
    var vote = SentinelVote(electorate: 3)
    #expect(vote.heard(old) == nil && vote.heard(new) == nil)
    #expect(vote.heard(new) == new)
    var silent = SentinelVote(electorate: 3)
    #expect(silent.heard(nil) == nil && silent.heard(nil) == nil)
    #expect(silent.heard(new) == new)
    var none = SentinelVote(electorate: 1)
    #expect(none.heard(nil) == nil)
  }

  @Test func `sentinels' announcements are read, and those of other masters passed over`() {
    #expect(SentinelVote.newMaster("main 10.0.0.1 1 10.0.0.2 2", of: "main") == RedisEndpoint(host: "10.0.0.2", port: 2))
    for text in ["other 10.0.0.1 1 10.0.0.2 2", "main", "main a 1 b 0", "main a 1 b x"] {
      #expect(SentinelVote.newMaster(text, of: "main") == nil)
    }
    #expect(SentinelVote.endpoint(.array([bulk("h"), bulk("6379")])) == RedisEndpoint(host: "h", port: 6_379))
    #expect(SentinelVote.endpoint(.null) == nil && SentinelVote.endpoint(.array([bulk("h"), bulk("0")])) == nil)
  }
}
