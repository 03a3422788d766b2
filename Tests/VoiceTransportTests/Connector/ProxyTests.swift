import NIOCore
import NIOEmbedded
import Testing
import VoiceCore

@testable import VoiceTransport

struct ProxyTests {
  /// An `EmbeddedChannel` whose proxy is scripted by the test.
  private final class Tunnel {
    var result: Result<Void, RealtimeConnectError>?
    let channel = EmbeddedChannel()
    let late = Late()

    init(_ url: String, proxy: SecretURL) throws {
      let url = try #require(WebSocketURL(url))
      let proxy = try #require(HTTPProxy(proxy))
      try channel.pipeline.syncOperations.addHandler(
        ProxyTunnelHandler(to: url, by: proxy) { [self] in
          result = $0
          if case .success = $0 { try? channel.pipeline.syncOperations.addHandler(late) }
        })
      channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    func said() throws -> String { try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) } ?? "" }
    var failure: RealtimeConnectError? {
      if case .failure(let error) = result { error } else { nil }
    }
  }

  /// Stands behind the tunnel.
  private final class Late: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    var heard = ""
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { heard += String(buffer: unwrapInboundIn(data)) }
  }

  @Test(arguments: [
    "HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 OK\r\nProxy-Agent: x\r\n\r\n",
    "HTTP/1.1 100 \r\n\r\nHTTP/1.1 200 \r\n\r\n",
  ])
  func `a proxy opens a tunnel by its name and port, and leaves the pipeline`(answer: String) throws {
    let tunnel = try Tunnel("wss://api.example.com/v1/realtime?model=x", proxy: "http://ada:s%40cret@proxy:3128")
    #expect(
      try tunnel.said()
        == "CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nProxy-Authorization: Basic YWRhOnNAY3JldA==\r\n\r\n")
    for byte in answer.utf8 { try tunnel.channel.writeInbound(ByteBuffer(bytes: [byte])) }
    #expect(throws: Never.self) { try tunnel.result?.get() }
    #expect(tunnel.result != nil)
    try tunnel.channel.writeInbound(ByteBuffer(string: "first"))
    #expect(tunnel.late.heard == "first")
    #expect(throws: (any Error).self) { try tunnel.channel.pipeline.syncOperations.handler(type: ProxyTunnelHandler.self) }
  }

  @Test func `what comes in one read with the proxy's answer is handed on`() throws {
    let tunnel = try Tunnel("ws://[2001:db8::1]/", proxy: "http://proxy:3128")
    #expect(try tunnel.said() == "CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n")
    try tunnel.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\nearly"))
    #expect(tunnel.late.heard == "early")
  }

  @Test(arguments: [(407, "refused"), (403, "refused"), (502, "unreachable"), (429, "unreachable")])
  func `a proxy's refusal is told as the proxy's, and only some are worth another dial`(status: Int, code: String) throws {
    let tunnel = try Tunnel("wss://api.example.com/", proxy: "http://ada:secret@proxy:3128")
    try tunnel.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n"))
    let error = try #require(tunnel.failure)
    #expect(error.code.description == code)
    #expect(error.status == nil, "the status of a proxy is not that of upstream")
    #expect(error.message.contains("http://proxy:3128") && error.message.contains("\(status)"))
    #expect(!error.message.contains("secret") && !error.message.contains("ada"))
  }

  @Test func `junk, too long a head and an early end are each one failure`() throws {
    for (bytes, code) in [
      ("SSH-2.0-x\r\n\r\n", "invalid_upgrade"), (String(repeating: "x", count: 20_000), "invalid_upgrade"), ("HT", "unreachable"),
    ] {
      let tunnel = try Tunnel("wss://api.example.com/", proxy: "http://proxy:3128")
      try tunnel.channel.writeInbound(ByteBuffer(string: bytes))
      _ = try? tunnel.channel.finish(acceptAlreadyClosed: true)
      #expect(tunnel.failure?.code.description == code)
    }
  }

  @Test func `a proxy's URL is read as libcurl reads it, and printed without credentials`() throws {
    let read: [(SecretURL, String)] = [
      ("http://u:p@proxy:3128/", "http://proxy:3128"), ("proxy:8080", "http://proxy:8080"), ("http://proxy", "http://proxy:1080"),
      ("https://proxy", "https://proxy:443"), ("HTTP://proxy:80", "http://proxy:80"), ("u:p@proxy", "http://proxy:1080"),
      ("http://[::1]:3128", "http://[::1]:3128"), ("http://u:a@b@proxy:1", "http://proxy:1"),
    ]
    for (url, shown) in read { #expect(HTTPProxy(url)?.description == shown) }
    for url: SecretURL in ["socks5://proxy:1080", "http://", "http://proxy:x", "http://proxy:99999", "http://a b"] {
      #expect(HTTPProxy(url) == nil)
    }
  }

  @Test func `some hosts are dialled directly, this machine always`() throws {
    let proxy = HTTPProxy("http://proxy:1")
    let rules = ProxyRules(secure: proxy, plain: nil, exceptions: "example.com, .internal 10.0.0.0/8,192.0.2.7,[2001:db8::]/32")
    for host in [
      "localhost", "127.9.9.9", "[::1]", "example.com", "EXAMPLE.com.", "a.example.com", "x.internal", "internal", "10.1.2.3", "192.0.2.7",
      "[2001:db8::9]", "a.localhost",
    ] {
      #expect(rules.proxy(for: try #require(WebSocketURL("wss://\(host)/"))) == nil, "\(host)")
    }
    for host in ["api.openai.com", "notexample.com", "example.com.evil.org", "11.0.0.1", "192.0.2.8", "[2001:db9::1]"] {
      #expect(rules.proxy(for: try #require(WebSocketURL("wss://\(host)/"))) == proxy, "\(host)")
      #expect(rules.proxy(for: try #require(WebSocketURL("ws://\(host)/"))) == nil, "\(host)")
    }
    #expect(ProxyRules(secure: proxy, exceptions: "*").proxy(for: try #require(WebSocketURL("wss://api.openai.com/"))) == nil)
  }
}
