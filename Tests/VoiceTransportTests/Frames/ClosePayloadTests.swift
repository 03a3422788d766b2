import NIOCore
import Testing
import VoiceCore

@testable import VoiceTransport

@Suite struct ClosePayloadTests {
  @Test func `code and reason are written as they are read`() {
    let closure = WebSocketClosure(code: 4000, reason: "grüße")
    #expect(ClosePayload.parse(ClosePayload.encode(closure)) == .success(closure))
  }

  @Test(arguments: [1005, 1006, 1015, 0, 5000] as [UInt16]) func `a code that must not be sent is left out`(code: UInt16) {
    #expect(ClosePayload.encode(WebSocketClosure(code: code, reason: "x")).readableBytes == 0)
  }

  @Test func `a long reason is cut at a character that fits into 123 bytes`() {
    let ascii = ClosePayload.encode(WebSocketClosure(code: 1000, reason: String(repeating: "a", count: 200)))
    #expect(ascii.readableBytes == 125)
    // 41 characters of three bytes fit, a flag of eight bytes behind forty does not.
    let euros = ClosePayload.encode(WebSocketClosure(code: 1000, reason: String(repeating: "€", count: 60)))
    #expect(euros.readableBytes == 2 + 123)
    let flag = ClosePayload.encode(WebSocketClosure(code: 1000, reason: String(repeating: "€", count: 40) + "🇪🇺"))
    #expect(ClosePayload.parse(flag) == .success(WebSocketClosure(code: 1000, reason: String(repeating: "€", count: 40))))
  }
}
