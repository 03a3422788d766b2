import NIOCore
import NIOEmbedded
import Testing
import VoiceTesting

@testable import VoiceCore

/// A leg whose peer breaks the WebSocket protocol or a limit.
struct BrokenPeerTests {
  private typealias Scene = RealtimeRelayTests.Scene

  @Test(arguments: [true, false]) func `a message that is too large is an error event, then the close`(hasVoiceEvents: Bool) {
    let scene = Scene(hasVoiceEvents: hasVoiceEvents)
    let upstream = scene.open()
    scene.client.peerFails(WebSocketClosure(code: 1009, reason: "any words"))
    #expect(scene.client.sentText.last?.contains(#""code":"message_too_large""#) == true)
    #expect(scene.client.closedWith == WebSocketClosure(code: 1009, reason: "Message too large"))
    upstream.peerCloses()
    #expect(scene.endingLabels == ["message_too_large"])
  }

  @Test func `a client that breaks the protocol is told by the close frame alone`() {
    let scene = Scene()
    let upstream = scene.open()
    let before = scene.client.sent.count
    scene.client.peerFails(WebSocketClosure(code: 1002, reason: "Reserved opcode"))
    #expect(scene.client.sent.count == before)
    #expect(scene.client.closedWith == WebSocketClosure(code: 1002, reason: "Reserved opcode"))
    upstream.peerCloses()
    #expect(scene.endingLabels == ["client_protocol_error"])
  }

  @Test(arguments: [true, false]) func `an upstream that breaks the protocol is as good as lost, and dialled again`(isOpen: Bool) {
    let scene = Scene()
    if isOpen {
      scene.open().peerFails(WebSocketClosure(code: 1002, reason: "Reserved opcode"))
    } else {
      scene.admit()
      scene.connector.all[0].accept().peerFails(WebSocketClosure(code: 1002, reason: "Reserved opcode"))
    }
    #expect(scene.client.closedWith == nil, "the client did nothing wrong")
    scene.loop.advanceTime(by: .seconds(5))
    #expect(scene.connector.all.count == 2)
  }
}

extension RealtimeRelayTests.Scene {
  fileprivate var endingLabels: [String] {
    endings.map {
      switch $0 {
      case .ended(let reason, _), .refused(let reason, _): reason.label
      default: "-"
      }
    }
  }
}
