import Foundation
import VoiceCore

/// The nonce of a handshake and its answer (RFC 6455 section 1.3).
struct WebSocketKey: Sendable, Equatable {
  let value: String

  /// A key that a client sent: Base64 of exactly 16 bytes.
  init?(_ value: String) {
    guard value.utf8.count == 24, Data(base64Encoded: value)?.count == 16 else { return nil }
    self.value = value
  }

  /// A fresh key of a client's own.
  init(random: [UInt8]) {
    precondition(random.count == 16)
    value = Data(random).base64EncodedString()
  }

  /// `Sec-WebSocket-Accept`.
  var accept: String { Data(SHA1.hash((value + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)).base64EncodedString() }
}
