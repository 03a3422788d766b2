import HTTPTypes
import NIOHTTP1
import Testing

@testable import VoiceTransport

@Suite struct ServerHandshakeTests {
  private let good: HTTPHeaders = [
    "Host": "example.com", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  ]

  private func status(_ change: (inout HTTPRequestHead) -> Void) -> Int {
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/v1/realtime", headers: good)
    change(&head)
    switch ServerHandshake.judge(head) {
    case .success: return 101
    case .failure(let refusal): return refusal.reply.status.code
    }
  }

  @Test func `a sound handshake is taken, with its subprotocols in order`() throws {
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: good)
    head.headers.add(name: "Sec-WebSocket-Protocol", value: "realtime, openai-insecure-api-key.abc.def")
    head.headers.add(name: "Sec-WebSocket-Protocol", value: "openai-beta.realtime-v1")
    let handshake = try ServerHandshake.judge(head).get()
    #expect(handshake.subprotocols == ["realtime", "openai-insecure-api-key.abc.def", "openai-beta.realtime-v1"])
    #expect(handshake.key.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "the RFC's own example")
  }

  @Test func `tokens are compared without regard to case`() {
    #expect(status { $0.headers.replaceOrAdd(name: "upgrade", value: "WebSocket") } == 101)
    #expect(status { $0.headers.replaceOrAdd(name: "connection", value: "UPGRADE") } == 101)
  }

  @Test(arguments: [.POST, .HEAD, .PUT, .OPTIONS, .CONNECT] as [HTTPMethod]) func `another method than GET is answered with 405`(
    method: HTTPMethod
  ) {
    #expect(status { $0.method = method } == 405)
  }

  @Test func `an older HTTP is answered with 400`() {
    #expect(status { $0.version = .http1_0 } == 400)
  }

  @Test func `a Host field is required, once`() {
    #expect(status { $0.headers.remove(name: "host") } == 400)
    #expect(status { $0.headers.add(name: "host", value: "other") } == 400)
    #expect(status { $0.headers.replaceOrAdd(name: "host", value: "") } == 400)
  }

  @Test func `a request that does not ask for WebSocket is answered with 426`() {
    #expect(status { $0.headers.remove(name: "upgrade") } == 426)
    #expect(status { $0.headers.remove(name: "connection") } == 426)
    #expect(status { $0.headers.replaceOrAdd(name: "upgrade", value: "h2c") } == 426)
    #expect(status { $0.headers.replaceOrAdd(name: "connection", value: "close") } == 426)
  }

  @Test(arguments: ["12", "8", "14", "013", "13, 13", "", "x"]) func `another version than 13 is answered with 426`(version: String) {
    #expect(status { $0.headers.replaceOrAdd(name: "sec-websocket-version", value: version) } == 426)
  }

  @Test(arguments: [
    "", "short", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ==x",
    "dGhlIHNhbXBsZSBub25j!!==", "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25jZSEh",
  ])
  func `a key that is not 16 bytes in Base64 is answered with 400`(key: String) {
    #expect(status { $0.headers.replaceOrAdd(name: "sec-websocket-key", value: key) } == 400)
  }

  @Test func `no key, or two, is answered with 400`() {
    #expect(status { $0.headers.remove(name: "sec-websocket-key") } == 400)
    #expect(status { $0.headers.add(name: "sec-websocket-key", value: "dGhlIHNhbXBsZSBub25jZQ==") } == 400)
  }

  @Test func `a handshake with a body is answered with 400`() {
    #expect(status { $0.headers.add(name: "content-length", value: "5") } == 400)
    #expect(status { $0.headers.add(name: "transfer-encoding", value: "chunked") } == 400)
    #expect(status { $0.headers.add(name: "content-length", value: "0") } == 101)
  }

  @Test func `subprotocols that are not tokens are answered with 400`() {
    #expect(status { $0.headers.add(name: "sec-websocket-protocol", value: "real time") } == 400)
    #expect(status { $0.headers.add(name: "sec-websocket-protocol", value: "a, \"b\"") } == 400)
    #expect(status { $0.headers.add(name: "sec-websocket-protocol", value: " ,, a ,") } == 101)
  }
}
