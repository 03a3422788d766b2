import NIOCore
import VoiceCore

/// The payload of a close frame (RFC 6455 sections 5.5.1 and 7.4).
enum ClosePayload {
  /// Reads what a peer sent: nothing at all, or a code that may stand on the wire and a reason in UTF-8.
  static func parse(_ payload: ByteBuffer) -> Result<WebSocketClosure, ProtocolViolation> {
    if payload.readableBytes == 0 { return .success(.noStatus) }
    var rest = payload
    guard let code = rest.readInteger(as: UInt16.self) else { return .failure(.closePayload) }
    guard isAllowed(code) else { return .failure(.closeCode) }
    var validator = UTF8Validator()
    let isText = rest.withUnsafeReadableBytes { validator.accept($0) } && validator.isComplete
    guard isText else { return .failure(.invalidUTF8) }
    return .success(WebSocketClosure(code: code, reason: rest.readString(length: rest.readableBytes) ?? ""))
  }

  /// Writes what this side says. A code that must not stand on the wire gives an empty payload; a long reason is cut at
  /// the last character that fits into 123 bytes.
  static func encode(_ closure: WebSocketClosure) -> ByteBuffer {
    var payload = ByteBuffer()
    guard isAllowed(closure.code) else { return payload }
    payload.writeInteger(closure.code)
    var room = 123
    for character in closure.reason {
      room -= character.utf8.count
      if room < 0 { break }
      payload.writeString(String(character))
    }
    return payload
  }

  /// Registered codes that an endpoint may send, and the ranges for libraries and applications.
  static func isAllowed(_ code: UInt16) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
