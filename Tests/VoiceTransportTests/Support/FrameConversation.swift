import NIOCore
import VoiceCore

@testable import VoiceTransport

extension WebSocketFrameStateMachine {
  static func server(maxMessageBytes: Int = 1 << 20, maxFragments: Int = 16) -> Self {
    Self(role: .server, maxMessageBytes: maxMessageBytes, maxFragments: maxFragments)
  }

  static func client(maxMessageBytes: Int = 1 << 20) -> Self { Self(role: .client, maxMessageBytes: maxMessageBytes, maxFragments: 16) }

  /// All that `bytes` lead to.
  mutating func receive(_ bytes: some Sequence<UInt8>) -> [Event] {
    var input = ByteBuffer(bytes: bytes)
    var events: [Event] = []
    while let event = next(from: &input) { events.append(event) }
    return events
  }

  mutating func receive(_ frames: TestFrame...) -> [Event] { receive(frames.flatMap(\.bytes)) }
}

extension WebSocketFrameStateMachine.Event {
  static func text(_ text: String) -> Self { .message(RealtimeMessage(ByteBuffer(string: text))) }
  static func binary(_ bytes: [UInt8]) -> Self { .message(RealtimeMessage(ByteBuffer(bytes: bytes), isText: false)) }
}
