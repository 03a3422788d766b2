import NIOCore
import NIOEmbedded
import Testing

@testable import SessionStore

/// A peer that ends a connection before its first word: Redis does so to plain text on its TLS port.
struct RedisSilentPeerTests {
  private final class Owner: RedisConnectionHandler.Owner {
    var end: RedisError?
    func greeted(_ handler: RedisConnectionHandler) {}
    func ended(_ handler: RedisConnectionHandler, _ error: RedisError, refusal: RedisHandshake.Refusal?) { end = error }
  }

  @Test(arguments: [(false, "rediss://"), (true, "redis://")])
  func `a connection that ends unheard hints at the other kind of port`(usesTLS: Bool, hint: String) throws {
    #expect(try message(usesTLS: usesTLS, heard: nil).hasSuffix("the URL is \(hint)"))
  }

  @Test func `a connection that ends after an answer hints at nothing`() throws {
    #expect(try message(usesTLS: false, heard: "+OK\r\n") == "the server closed the connection")
  }

  private func message(usesTLS: Bool, heard: String?) throws -> String {
    let owner = Owner()
    let channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandler(
      RedisConnectionHandler(
        handshake: RedisHandshake(steps: [.name("a"), .select(0)]), usesTLS: usesTLS, handshakeDeadline: .distantFuture, bounds: .init(),
        owner: owner))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 6_379)).wait()
    if let heard { try channel.writeInbound(ByteBuffer(string: heard)) }
    channel.pipeline.fireChannelInactive()
    return try #require(owner.end).message
  }
}
