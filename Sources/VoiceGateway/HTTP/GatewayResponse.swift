public import HTTPTypes
public import NIOCore
package import VoiceCore
package import VoiceTransport

/// Response to a plain HTTP request.
public struct GatewayResponse: Sendable {
  /// Status and header fields, without `Content-Length`.
  public var head: HTTPResponse
  /// The whole body.
  public var body: ByteBuffer
  /// Parts of a body without a known end, in place of ``body``.
  package var stream: AsyncThrowingStream<ByteBuffer, any Error>?

  package init(_ status: HTTPResponse.Status, headers: HTTPFields = [:], body: ByteBuffer = ByteBuffer()) {
    head = HTTPResponse(status: status, headerFields: headers)
    self.body = body
  }

  package init(_ reply: HTTPReply) { self.init(reply.status, headers: reply.headers, body: reply.body) }

  package static func text(_ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8") -> Self {
    Self(status, headers: [.contentType: type], body: ByteBuffer(string: text))
  }

  package static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Self {
    text(JSONWriter.write(value), status: status, type: "application/json")
  }

  /// A value of one's own; 500 where it holds a number that JSON cannot say.
  package static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Self {
    guard let data = JSONBody.encoded(value) else { return Self(.internalServerError) }
    return Self(status, headers: [.contentType: "application/json"], body: ByteBuffer(bytes: data))
  }

  /// The same response without its body, as `HEAD` wants it.
  var withoutBody: Self { Self(head.status, headers: head.headerFields) }
}
