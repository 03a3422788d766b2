import Testing

@testable import VoiceTransport

@Suite struct WebSocketURLTests {
  @Test func `scheme, host, port and target are taken apart`() throws {
    let url = try #require(WebSocketURL("wss://api.openai.com/v1/realtime?model=gpt-realtime"))
    #expect(url.isSecure && url.host == "api.openai.com" && url.port == 443 && url.target == "/v1/realtime?model=gpt-realtime")
    #expect(url.authority == "api.openai.com")
    let plain = try #require(WebSocketURL("WS://127.0.0.1:8080"))
    #expect(!plain.isSecure && plain.port == 8080 && plain.target == "/" && plain.authority == "127.0.0.1:8080")
    #expect(WebSocketURL("ws://host?x=1")?.target == "/?x=1")
    #expect(WebSocketURL("ws://host:80/")?.authority == "host")
    #expect(WebSocketURL("wss://host:80/")?.authority == "host:80")
  }

  @Test func `an IPv6 literal keeps its brackets where they belong`() throws {
    let url = try #require(WebSocketURL("ws://[::1]:9000/x"))
    #expect(url.host == "::1" && url.port == 9000 && url.authority == "[::1]:9000")
    #expect(WebSocketURL("wss://[2001:db8::1]")?.authority == "[2001:db8::1]")
  }

  @Test(arguments: [
    "", "http://host/", "https://host", "host/path", "ws:/host", "ws://", "ws:///path", "ws://user@host/", "ws://user:pass@host/",
    "ws://host/#part", "ws://host:0/", "ws://host:65536/", "ws://host:x/", "ws://host:-1/", "ws://host:80:80/", "ws://a b/",
    "ws://host/a b", "ws://host/\r\nX: y", "ws://host/\u{7F}", "ws://[::1", "ws://[host]/", "ws://::1/", "ws://hößt/", "ws://[::1]x/",
  ])
  func `what is no URL of a WebSocket is refused`(text: String) {
    #expect(WebSocketURL(text) == nil)
  }
}
