public import HTTPTypes
public import NIOCore
import VoiceCore

/// A whole HTTP response, small enough to be held at once.
public struct HTTPReply: Sendable, Equatable {
  /// Status of the reply.
  public var status: HTTPResponse.Status
  /// Header fields other than `Content-Length` and `Connection`, which the writer adds.
  public var headers: HTTPFields
  /// Body of the reply.
  public var body: ByteBuffer

  /// Creates an HTTP reply.
  public init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: ByteBuffer = ByteBuffer()) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// `{"error":{"type","code","message"}}` with its status.
  public static func error(
    _ status: HTTPResponse.Status, type: String = "invalid_request_error", code: String, message: String, headers: HTTPFields = [:]
  ) -> HTTPReply {
    let (type, code, message) = (JSONText.quoted(type), JSONText.quoted(code), JSONText.quoted(message))
    let body = ByteBuffer(string: #"{"error":{"type":\#(type),"code":\#(code),"message":\#(message)}}"#)
    var headers = headers
    headers[.contentType] = "application/json"
    return HTTPReply(status: status, headers: headers, body: body)
  }
}
