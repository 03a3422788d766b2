import NIOCore
import Testing
import VoiceCore
import VoiceTesting

@testable import VoiceTransport

/// Random conversations, cut into random reads, against what was really said.
@Suite struct FrameWalkTests {
  typealias Event = WebSocketFrameStateMachine.Event

  @Test(arguments: 0..<200) func `any slicing of any conversation gives the messages that were sent`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let role: WebSocketRole = seed.isMultiple(of: 2) ? .server : .client
    var conversation = RandomConversation(role: role, random: random)
    for _ in 0..<20 { conversation.saySomething() }
    #expect(events(of: conversation.bytes, role: role, slicedBy: &random) == conversation.expected)
  }

  @Test(arguments: 0..<400) func `damaged bytes give the same events however they are sliced`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed) &* 77)
    let role: WebSocketRole = seed.isMultiple(of: 2) ? .server : .client
    var conversation = RandomConversation(role: role, random: random)
    for _ in 0..<6 { conversation.saySomething() }
    var bytes = conversation.bytes
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0..<min(bytes.count, 400), using: &random)
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
    var machine = WebSocketFrameStateMachine(role: role, maxMessageBytes: 100_000, maxFragments: 16)
    let whole = machine.receive(bytes)
    #expect(events(of: bytes, role: role, slicedBy: &random) == whole)
    #expect(whole.dropLast().allSatisfy { if case .violation = $0 { false } else { true } }, "a violation is the end")
  }

  private func events(of bytes: [UInt8], role: WebSocketRole, slicedBy random: inout SeededGenerator) -> [Event] {
    var machine = WebSocketFrameStateMachine(role: role, maxMessageBytes: 100_000, maxFragments: 16)
    var events: [Event] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + Int.random(in: 1...([3, 40, 5_000].randomElement(using: &random) ?? 1), using: &random))
      events += machine.receive(bytes[start..<end])
      start = end
    }
    return events
  }
}
