import HTTPTypes
import NIOCore
import NIOHTTP1
import Testing

@testable import VoiceTransport

@Suite struct HTTPReplyTests {
  @Test func `an error has one shape, documented for clients`() {
    let reply = HTTPReply.error(.badRequest, code: "bad", message: "say \"please\"\n", headers: [.retryAfter: "3"])
    #expect(String(buffer: reply.body) == #"{"error":{"type":"invalid_request_error","code":"bad","message":"say \"please\"\n"}}"#)
    #expect(reply.headers[.contentType] == "application/json" && reply.headers[.retryAfter] == "3")
    let head = reply.head(closes: true)
    #expect(head.status.code == 400 && head.headers["connection"] == ["close"])
    #expect(head.headers["content-length"] == [String(reply.body.readableBytes)])
  }
}
