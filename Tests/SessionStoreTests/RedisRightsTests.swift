import NIOPosix
import Testing

@testable import SessionStore

struct RedisRightsTests {
  private let rights: RedisRights

  init() throws {
    let client = try RedisClient(
      RedisConfiguration(url: try RedisURL("redis://127.0.0.1")), group: MultiThreadedEventLoopGroup.singleton, logger: .quiet)
    rights = RedisRights(client: client, prefix: "voice:")
  }

  @Test(arguments: [
    ("NOPERM this user has no permissions to run the 'zadd' command", "+zadd"),
    ("NOPERM User voice has no permissions to run the 'zadd' command", "+zadd"),
    ("NOPERM this user has no permissions to access one of the keys used as arguments", "~voice:*"),
    ("NOPERM this user has no permissions to access one of the channels used as arguments", "&voice:notices*"),
  ])
  func `a refusal names the right as an ACL writes it`(reply: String, right: String) {
    #expect(rights.right(refusedBy: RedisErrorReply(reply), to: "ZADD") == right)
  }

  @Test func `another error asks for no right`() {
    #expect(rights.right(refusedBy: RedisErrorReply("WRONGTYPE no"), to: "ZADD") == nil)
    #expect(rights.right(refusedBy: nil, to: "ZADD") == nil)
  }
}
