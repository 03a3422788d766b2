import NIOCore
import NIOPosix
import Testing
import VoiceCore
import VoiceTesting
import VoiceTransport

struct ByteIdentityTests {
  @Test(.timeLimit(.minutes(2)))
  func `10,000 random messages cross both ways unchanged`() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let fixture = try await RelayFixture.start(group: group) { EchoingUpstream($0) }
    let (messages, continuation) = AsyncStream<ByteBuffer>.makeStream()
    let eventLoop = group.next()
    var random = SeededGenerator(seed: 2_026)
    let sent = (0..<10_000).map { _ in RandomJSON.event(using: &random) }
    let url = "ws://127.0.0.1:\(fixture.relay.port)/v1/realtime"
    eventLoop.execute {
      NIORealtimeConnector().connect(to: RealtimeTarget(url: url), on: eventLoop) { connection in
        for message in sent { connection.send(RealtimeMessage(ByteBuffer(string: message))) }
        connection.flush()
        return CollectingClient(continuation)
      } failed: { error in
        Issue.record(error)
        continuation.finish()
      }
    }
    var index = -1  // Upstream's first event comes before the echoes.
    for await bytes in messages {
      if index >= 0, String(buffer: bytes) != sent[index] {
        Issue.record("message \(index) came back changed")
        break
      }
      index += 1
      if index == sent.count { break }
    }
    #expect(index == sent.count)
    fixture.stop()
    try await group.shutdownGracefully()
  }
}

/// Events at random: `type` anywhere, known and unknown kinds, odd whitespace, escapes, every kind of value.
enum RandomJSON {
  static func event(using random: inout SeededGenerator) -> String {
    var members = (0..<Int.random(in: 0...5, using: &random)).map { _ in (string(using: &random), value(depth: 3, using: &random)) }
    let kinds = [
      "input_audio_buffer.append", "unknown.kind", "response.output_audio.delta", "conversation.item.create", "voice.made.up", "", "ping",
      "session.update", "response.create", "input_audio_buffer.speech_started", "conversation.item.added",
    ]
    members.removeAll { $0.0.contains("type") || $0.0.contains("\\u") }
    let key = Bool.random(using: &random) ? "\"type\"" : "\"t\\u0079pe\""
    members.insert((key, "\"\(kinds.randomElement(using: &random)!)\""), at: Int.random(in: 0...members.count, using: &random))
    return object(members, using: &random)
  }

  private static func space(using random: inout SeededGenerator) -> String {
    String((0..<Int.random(in: 0...2, using: &random)).map { _ in " \t\n\r".randomElement(using: &random)! })
  }

  private static func object(_ members: [(String, String)], using random: inout SeededGenerator) -> String {
    var parts: [String] = []
    for (key, value) in members {
      parts.append(
        space(using: &random) + key + space(using: &random) + ":" + space(using: &random) + value + space(using: &random))
    }
    return space(using: &random) + "{" + parts.joined(separator: ",") + "}" + space(using: &random)
  }

  private static func value(depth: Int, using random: inout SeededGenerator) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
    case 0: return string(using: &random)
    case 1: return "\(Int.random(in: -1_000_000...1_000_000, using: &random))"
    case 2: return ["-0.5e-7", "1E+3", "0", "3.14159"].randomElement(using: &random)!
    case 3: return ["true", "false", "null"].randomElement(using: &random)!
    case 4: return "\"" + String(repeating: "QUJD", count: Int.random(in: 0...2_000, using: &random)) + "\""
    case 5: return "\"\""
    case 6:
      var items: [String] = []
      for _ in 0..<Int.random(in: 0...3, using: &random) { items.append(space(using: &random) + value(depth: depth - 1, using: &random)) }
      return "[" + items.joined(separator: " ,") + "]"
    default:
      var members: [(String, String)] = []
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        members.append((string(using: &random), value(depth: depth - 1, using: &random)))
      }
      return object(members, using: &random)
    }
  }

  private static func string(using random: inout SeededGenerator) -> String {
    let pieces = ["a", "é", "😀", "\\\"", "\\\\", "\\n", "\\ud83d\\ude00", "\\u0000", "type", "}", "{", "[", "]", ",", ":", " "]
    return "\"" + (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined() + "\""
  }
}
