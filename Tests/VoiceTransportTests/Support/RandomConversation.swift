import NIOCore
import VoiceCore
import VoiceTesting

@testable import VoiceTransport

/// Messages and control frames in random order and sizes, with the events that they must lead to.
struct RandomConversation {
  let role: WebSocketRole
  var random: SeededGenerator
  private(set) var bytes: [UInt8] = []
  private(set) var expected: [WebSocketFrameStateMachine.Event] = []

  init(role: WebSocketRole, random: SeededGenerator) {
    self.role = role
    self.random = random
  }

  mutating func saySomething() {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: control()
    case 1: message(Array(randomText().utf8), isText: true, fragments: Int.random(in: 2...8, using: &random))
    case 2: message(randomBytes(), isText: false, fragments: Int.random(in: 1...4, using: &random))
    default: message(Array(randomText().utf8), isText: true, fragments: 1)
    }
  }

  private mutating func control() {
    let payload = Array(randomBytes().prefix(125))
    let isPing = Bool.random(using: &random)
    append(TestFrame(opcode: isPing ? 9 : 10, payload: payload))
    expected.append(isPing ? .ping(ByteBuffer(bytes: payload)) : .pong)
  }

  private mutating func message(_ payload: [UInt8], isText: Bool, fragments: Int) {
    var rest = payload[...]
    for index in 0..<fragments {
      let isLast = index == fragments - 1
      let part = isLast ? rest : rest.prefix(Int.random(in: 0...rest.count, using: &random))
      rest = rest.dropFirst(part.count)
      append(TestFrame(opcode: index > 0 ? 0 : isText ? 1 : 2, payload: Array(part), isFinal: isLast))
      if !isLast, Bool.random(using: &random) { control() }
    }
    expected.append(.message(RealtimeMessage(ByteBuffer(bytes: payload), isText: isText)))
  }

  private mutating func append(_ frame: TestFrame) {
    var frame = frame
    frame.key = role == .client ? nil : (0..<4).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    bytes += frame.bytes
  }

  private mutating func randomText() -> String {
    let alphabet = Array("aZ9{}\"\\ \n\u{7F}üß€漢🎙👩‍👩‍👧\u{0}\u{10FFFF}")
    let isASCII = Bool.random(using: &random)
    return String((0..<randomCount()).map { _ in isASCII ? "x" : alphabet.randomElement(using: &random) ?? "x" })
  }

  private mutating func randomBytes() -> [UInt8] { (0..<randomCount()).map { _ in UInt8.random(in: .min ... .max, using: &random) } }

  private mutating func randomCount() -> Int {
    Int.random(in: 0...([5, 130, 300, 3_300].randomElement(using: &random) ?? 1), using: &random)
  }
}
