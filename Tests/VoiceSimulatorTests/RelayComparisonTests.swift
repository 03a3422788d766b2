import HTTPTypes
import Logging
import NIOCore
import NIOEmbedded
import Testing
import VoiceSimulator
import VoiceTesting

@testable import VoiceCore

/// Random walks of one client with two ways to the same server: by the relay, and directly. What it sees is the same.
struct RelayComparisonTests {
  @Test(arguments: 0..<8)
  func `a client sees by the relay what it sees on a direct connection, byte for byte`(walk: Int) {
    let relayed = Walk(seed: UInt64(walk), policy: SessionPolicyConfiguration()).talk()
    let direct = Walk(seed: UInt64(walk), policy: nil).talk()
    #expect(relayed.count > 20)
    #expect(relayed == direct)
  }

  @Test(arguments: 0..<8)
  func `with settings of the operator's own a client sees the same events about the same items`(walk: Int) {
    let policy = SessionPolicyConfiguration(instructions: "Answer in one sentence.", maxOutputTokens: 4_096)
    let relayed = Walk(seed: UInt64(walk), policy: policy).talk()
    let direct = Walk(seed: UInt64(walk), policy: nil).talk()
    #expect(relayed.map(Self.schema) == direct.map(Self.schema))
    #expect(!relayed.contains { $0.contains("one sentence") })
  }

  /// What an event says but for its name and for what the model makes of its instructions.
  private static func schema(_ event: String) -> String {
    ByteBuffer(string: event).withJSON { event in
      let type = event.member("type")?.string ?? "-"
      return type + " " + (event.member("item")?.member("type")?.string ?? "") + " "
        + (event.member("previous_item_id")?.isNull ?? true ? "first" : "")
    } ?? "-"
  }

  /// One client's talk; `policy` nil: on a direct connection.
  private final class Walk: RealtimeConnectionDelegate {
    private let loop = EmbeddedEventLoop()
    private var generator: SeededGenerator
    private let client = InMemoryConnection()
    private var session: RealtimeRelay?
    private var direct: (any RealtimeConnection)?
    private var seen: [String] = []

    init(seed: UInt64, policy: SessionPolicyConfiguration?) {
      generator = SeededGenerator(seed: seed &* 31 &+ 7)
      var names = SeededGenerator(seed: 1)
      let target = RealtimeTarget(url: "ws://simulator/v1/realtime?model=gpt-realtime-2.1", headers: [.authorization: "Bearer key"])
      guard let policy else {
        SimulatorConnector().connect(to: target, on: loop) { connection in
          self.direct = connection
          return self
        } failed: { _ in
        }
        return
      }
      let relay = RealtimeRelay(
        context: SessionContext(id: SessionID(using: &names), model: "gpt-realtime-2.1", hasVoiceEvents: false), client: client, on: loop,
        configuration: RealtimeRelayConfiguration(
          hasVoiceEvents: false, clock: .init(maxDuration: nil, notices: [], idleTimeout: nil), policy: policy),
        observer: RecordingObserver(), wallClock: { UnixTime(seconds: 1_795_000_000) },
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      client.delegate = relay.clientDelegate
      session = relay
      relay.admit(SessionGrant(userID: "u", plan: nil), connector: SimulatorConnector(), target: target)
    }

    func talk() -> [String] {
      loop.advanceTime(by: .milliseconds(1))
      for step in 0..<60 {
        say(event(step))
        loop.advanceTime(by: .milliseconds(Int64(generator.next() % 400)))
      }
      loop.advanceTime(by: .seconds(60))
      return session == nil ? seen : client.sentText
    }

    private func say(_ text: String) {
      if session != nil { return client.receive(text) }
      direct?.send(RealtimeMessage(ByteBuffer(string: text)))
      direct?.flush()
    }

    private func event(_ step: Int) -> String {
      switch generator.next() % 9 {
      case 0, 1:
        return
          #"{"type":"conversation.item.create","item":{"id":"i\#(step)","type":"message","role":"user","content":[{"type":"input_text","text":"hello \#(step)"}]}}"#
      case 2: return #"{"type":"response.create","event_id":"r\#(step)"}"#
      case 3:
        return #"{"type":"response.create","response":{"conversation":"none","output_modalities":["text"],"metadata":{"k":"\#(step)"}}}"#
      case 4: return #"{"type":"response.cancel"}"#
      case 5: return #"{"type":"conversation.item.delete","item_id":"i\#(generator.next() % 60)"}"#
      case 6: return #"{"type":"session.update","session":{"type":"realtime","audio":{"input":{"turn_detection":null}}}}"#
      case 7: return #"{"type":"session.update","event_id":"u\#(step)","session":{"type":"realtime","bogus":1}}"#
      default: return #"{"type":"conversation.item.retrieve","item_id":"i\#(generator.next() % 60)"}"#
      }
    }

    func received(_ message: RealtimeMessage) { seen.append(String(buffer: message.bytes)) }
    func readCompleted() {}
    func writabilityChanged(_ isWritable: Bool) {}
    func closed(_ closure: WebSocketClosure) {}
  }
}
