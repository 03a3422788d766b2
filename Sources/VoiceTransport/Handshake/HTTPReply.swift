public import HTTPTypes
public import NIOCore

/// A whole HTTP response, small enough to be held at once.
public struct HTTPReply: Sendable, Equatable {
  public var status: HTTPResponse.Status
  /// Without `Content-Length` and `Connection`: these are the writer's.
  public var headers: HTTPFields
  public var body: ByteBuffer

  public init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: ByteBuffer = ByteBuffer()) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// `{"error":{"type","code","message"}}` with its status.
  public static func error(
    _ status: HTTPResponse.Status, type: String = "invalid_request_error", code: String, message: String, headers: HTTPFields = [:]
  ) -> HTTPReply {
    var body = ByteBuffer()
    body.writeString(#"{"error":{"type":"#)
    body.writeJSONString(type)
    body.writeString(#","code":"#)
    body.writeJSONString(code)
    body.writeString(#","message":"#)
    body.writeJSONString(message)
    body.writeString("}}")
    var headers = headers
    headers[.contentType] = "application/json"
    return HTTPReply(status: status, headers: headers, body: body)
  }
}

extension ByteBuffer {
  /// Writes `text` as a JSON string, quotes included (RFC 8259 section 7).
  fileprivate mutating func writeJSONString(_ text: String) {
    writeInteger(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        writeInteger(UInt8(ascii: "\\"))
        writeInteger(byte)
      case 0..<0x20:
        writeString("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
      default: writeInteger(byte)
      }
    }
    writeInteger(UInt8(ascii: "\""))
  }
}
