import HTTPTypes
import NIOCore
import VoiceCore

/// The opening handshake of this side as a client: what to ask, and how to judge the answer (RFC 6455 section 4.1).
struct ClientHandshake: Sendable, Equatable {
  let url: WebSocketURL
  let key: WebSocketKey
  let headers: HTTPFields
  private let subprotocols: [String]

  /// Fields that the handshake writes itself.
  private static let own: [HTTPField.Name] = [
    .host, .connection, .upgrade, .secWebSocketKey, .secWebSocketVersion, .secWebSocketExtensions,
  ]

  init(url: WebSocketURL, key: WebSocketKey, headers: HTTPFields) throws(RealtimeConnectError) {
    self.url = url
    self.key = key
    self.headers = headers
    subprotocols = HeaderTokens.list(headers[values: .secWebSocketProtocol])
    for field in headers {
      guard !Self.own.contains(field.name) else {
        throw RealtimeConnectError(.invalidURL, "The header field \(field.name.rawName) is the handshake's own")
      }
      guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw RealtimeConnectError(.invalidURL, "The header field \(field.name.rawName) has bytes that a field must not hold")
      }
    }
  }

  var request: ByteBuffer {
    var text = "GET \(url.target) HTTP/1.1\r\nHost: \(url.authority)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    text += "Sec-WebSocket-Key: \(key.value)\r\nSec-WebSocket-Version: 13\r\n"
    for field in headers { text += "\(field.name.rawName): \(field.value)\r\n" }
    return ByteBuffer(string: text + "\r\n")
  }

  /// `nil` when `head` is a sound 101.
  func fault(of head: HandshakeAnswer) -> RealtimeConnectError? {
    guard HeaderTokens.contains("websocket", in: head.values("upgrade")), HeaderTokens.contains("upgrade", in: head.values("connection"))
    else {
      return RealtimeConnectError(.invalidUpgrade, "The answer does not upgrade to WebSocket", status: head.status)
    }
    guard head.values("sec-websocket-accept") == [key.accept] else {
      return RealtimeConnectError(.invalidUpgrade, "Sec-WebSocket-Accept does not match", status: head.status)
    }
    guard head.values("sec-websocket-extensions").isEmpty else {
      return RealtimeConnectError(.invalidUpgrade, "The server chose an extension that was not offered", status: head.status)
    }
    let chosen = head.values("sec-websocket-protocol")
    guard chosen.isEmpty || chosen.count == 1 && subprotocols.contains(chosen[0]) else {
      return RealtimeConnectError(.invalidUpgrade, "The server chose a subprotocol that was not offered", status: head.status)
    }
    return nil
  }
}
