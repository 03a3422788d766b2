import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOSSL
import Testing
import VoiceCore
import VoiceTesting

@testable import VoiceTransport

/// The pipeline of a dial, on a channel in memory.
struct ClientPipelineTests {
  private final class Outcome {
    var result: Result<ByteBuffer, RealtimeConnectError>?
  }

  private static let key = WebSocketKey(random: [UInt8](repeating: 7, count: 16))

  private func dial(_ outcome: Outcome) throws -> EmbeddedChannel {
    let url = try #require(WebSocketURL("ws://host/v1/realtime"))
    let channel = EmbeddedChannel(
      handler: ClientHandshakeHandler(try ClientHandshake(url: url, key: Self.key, headers: [:])) { outcome.result = $0 })
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    return channel
  }

  private static let accepted =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(key.accept)\r\n\r\n"

  @Test(arguments: Array(UInt64(1)...40)) func `mutated answers, in any pieces, end in one result`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let samples =
      [
        Self.accepted, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n",
      ].map { Array($0.utf8) } + [TestFrame.text("hello").unmasked.bytes]
    for _ in 0..<50 {
      let outcome = Outcome()
      let channel = try dial(outcome)
      var bytes = (0..<Int.random(in: 1...3, using: &random)).flatMap { _ in samples.randomElement(using: &random) ?? [] }
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
      }
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...60, using: &random))
        rest = rest.dropFirst(piece.count)
        _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
      }
      _ = try? channel.finish(acceptAlreadyClosed: true)
      #expect(outcome.result != nil, "a dial always comes to an end")
    }
  }

  @Test func `bytes behind the answer are handed on`() throws {
    let outcome = Outcome()
    let channel = try dial(outcome)
    try channel.writeInbound(ByteBuffer(string: Self.accepted + "early"))
    #expect(try #require(outcome.result).get() == ByteBuffer(string: "early"))
  }

  @Test func `a connection that breaks in a TLS handshake is worth another dial, a certificate that does not fit is not`() {
    let broken: [any Error] = [
      IOError(errnoCode: 104, reason: "reset"), ChannelError.eof, NIOSSLError.uncleanShutdown, NIOSSLError.handshakeFailed(.zeroReturn),
      NIOSSLError.handshakeFailed(.syscallError), NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])),
    ]
    for error in broken { #expect(ClientHandshakeHandler.code(of: error) == .unreachable, "\(error)") }
    let unfit: [any Error] = [
      NIOSSLError.handshakeFailed(.sslError([])), NIOSSLError.unableToValidateCertificate, NIOSSLExtraError.failedToValidateHostname,
    ]
    for error in unfit { #expect(ClientHandshakeHandler.code(of: error) == .tls, "\(error)") }
  }
}
