import HTTPTypes
import NIOCore
import NIOHTTP1

/// Judges the opening handshake of a client (RFC 6455 section 4.2.1).
struct ServerHandshake: Sendable, Equatable {
  let key: WebSocketKey
  let subprotocols: [String]

  /// The handshake in `head`, or the reply that refuses it.
  static func judge(_ head: HTTPRequestHead) -> Result<ServerHandshake, Refusal> {
    let headers = head.headers
    guard head.method == .GET else {
      return .failure(Refusal(.error(.methodNotAllowed, code: "method_not_allowed", message: "Use GET", headers: [.allow: "GET"])))
    }
    guard head.version == .http1_1 else { return .failure(.bad("WebSocket needs HTTP/1.1")) }
    guard headers["host"].count == 1, headers["host"].allSatisfy({ !$0.isEmpty }) else {
      return .failure(.bad("One Host field is required"))
    }
    guard HeaderTokens.contains("websocket", in: headers["upgrade"]), HeaderTokens.contains("upgrade", in: headers["connection"]) else {
      return .failure(.upgrade("This path speaks WebSocket: send Connection: Upgrade and Upgrade: websocket"))
    }
    // The decoder reads tabs in these two in its own way.
    guard !(headers["upgrade"] + headers["connection"]).contains(where: { $0.utf8.contains(0x09) }) else {
      return .failure(.bad("Connection and Upgrade must not hold tabs"))
    }
    guard headers["sec-websocket-version"] == ["13"] else { return .failure(.upgrade("Sec-WebSocket-Version must be 13")) }
    let keys = headers["sec-websocket-key"]
    guard keys.count == 1, let key = keys.first.flatMap(WebSocketKey.init(_:)) else {
      return .failure(.bad("One Sec-WebSocket-Key of 16 bytes in Base64 is required"))
    }
    guard headers["transfer-encoding"].isEmpty, headers["content-length"].allSatisfy({ $0 == "0" }) else {
      return .failure(.bad("A handshake has no body"))
    }
    let subprotocols = HeaderTokens.list(headers["sec-websocket-protocol"])
    guard subprotocols.allSatisfy(HeaderTokens.isToken) else { return .failure(.bad("Sec-WebSocket-Protocol is not a list of tokens")) }
    return .success(ServerHandshake(key: key, subprotocols: subprotocols))
  }

  /// The head of the answer that accepts.
  func response(subprotocol: String?, headers: HTTPFields) -> ByteBuffer {
    var text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(key.accept)\r\n"
    if let subprotocol { text += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
    for field in headers { text += "\(field.name.rawName): \(field.value)\r\n" }
    return ByteBuffer(string: text + "\r\n")
  }

  struct Refusal: Error, Equatable {
    let reply: HTTPReply

    init(_ reply: HTTPReply) { self.reply = reply }

    static func bad(_ message: String) -> Self { Self(.error(.badRequest, code: "invalid_handshake", message: message)) }

    static func upgrade(_ message: String) -> Self {
      Self(
        .error(
          .upgradeRequired, code: "upgrade_required", message: message,
          headers: [.upgrade: "websocket", .secWebSocketVersion: "13"]))
    }
  }
}
