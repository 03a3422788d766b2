import Testing

@testable import SessionStore

struct RedisRightsTests {
  @Test(arguments: [
    ("NOPERM this user has no permissions to run the 'zadd' command", "+zadd"),
    ("NOPERM User voice has no permissions to run the 'zadd' command", "+zadd"),
    ("NOPERM this user has no permissions to access one of the keys used as arguments", "~voice:*"),
    ("NOPERM this user has no permissions to access one of the channels used as arguments", "&voice:notices*"),
  ])
  func `a refusal names the right as an ACL writes it`(reply: String, right: String) {
    #expect(RedisRights.right(refusedBy: RedisErrorReply(reply), to: "ZADD", prefix: "voice:") == right)
  }

  @Test func `another error asks for no right`() {
    #expect(RedisRights.right(refusedBy: RedisErrorReply("WRONGTYPE no"), to: "ZADD", prefix: "voice:") == nil)
    #expect(RedisRights.right(refusedBy: nil, to: "ZADD", prefix: "voice:") == nil)
  }
}
