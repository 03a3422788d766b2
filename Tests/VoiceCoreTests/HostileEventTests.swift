import NIOCore
import NIOEmbedded
import Testing
import VoiceTesting

@testable import VoiceCore

/// Nesting, width, size and numbers that no honest peer sends: the relay survives them, and one session's words cost no other one's time.
struct HostileEventTests {
  private func nested(_ depth: Int) -> String {
    String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
  }

  private func members(_ count: Int) -> String { (0..<count).map { "\"k\($0)\":1" }.joined(separator: ",") }

  private func types(_ connection: InMemoryConnection) -> [String] {
    connection.sent.map { $0.bytes.withJSON { $0.member("type")?.string } ?? "-" }
  }

  // MARK: Shape

  @Test(arguments: [true, false])
  func `an event that is nested too deep, too wide or too large is one invalid_event, and never goes upstream`(hasVoiceEvents: Bool) {
    let scene = RelayScene(hasVoiceEvents: hasVoiceEvents, bufferBytes: 100_000)
    let upstream = scene.open()
    let before = scene.client.sent.count
    let hostile = [
      #"{"type":"session.update","session":{"x":\#(nested(20_000))}}"#, #"{"type":"session.update","session":{\#(members(60_000))}}"#,
      #"{"x":\#(nested(100)),"type":"ping"}"#, nested(70), #"{"type":"nonsense","x":[\#(String(repeating: "[],", count: 20_000))1]}"#,
      #"{"type":"session.update","session":{"instructions":"\#(String(repeating: "x", count: 1_100_000))"}}"#,
      #"{"type":"conversation.item.create","item":{"content":[{"type":"input_text","text":"\#(String(repeating: "x", count: 1_100_000))"}]}}"#,
    ]
    for event in hostile { scene.client.receive(event) }
    #expect(upstream.sent.isEmpty)
    let answers = scene.client.sentText.dropFirst(before)
    #expect(answers.count == hostile.count && answers.allSatisfy { $0.contains(#""code":"invalid_event""#) })
  }

  @Test func `what carries audio or images may be large`() {
    let scene = RelayScene()
    let upstream = scene.open()
    let large = String(repeating: "A", count: 2_000_000)
    scene.client.receive(#"{"type":"input_audio_buffer.append","audio":"\#(large)"}"#)
    scene.client.receive(
      #"{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_image","image_url":"\#(large)"}]}}"#
    )
    #expect(types(upstream) == ["input_audio_buffer.append", "conversation.item.create"])
  }

  @Test func `a tool list as long as the provider takes passes`() {
    let tool = #"{"type":"function","name":"t","parameters":{"type":"object","properties":{\#(members(40))}}}"#
    let update = #"{"type":"session.update","session":{"tools":[\#(Array(repeating: tool, count: 128).joined(separator: ","))]}}"#
    #expect(EventScanner.scanWhole(ByteBuffer(string: update)) == .event(.sessionUpdate))
  }

  @Test func `settings are merged by groups, and what has kinds is replaced`() {
    #expect(
      JSONMerge.merged(
        #"{"audio":{"input":{"turn_detection":{"type":"server_vad","threshold":0.9},"format":{"type":"audio/pcm","rate":24000}}},"tool_choice":{"a":1}}"#,
        with: #"{"audio":{"input":{"turn_detection":{"type":"semantic_vad"}},"output":{"voice":"marin"}},"tool_choice":{"b":2}}"#)
        == #"{"audio":{"input":{"turn_detection":{"type":"semantic_vad"},"format":{"type":"audio/pcm","rate":24000}},"output":{"voice":"marin"}},"tool_choice":{"b":2}}"#
    )
    #expect(JSONMerge.merged(#"{"a":1}"#, with: "null") == #"{"a":1}"#)
    #expect(JSONMerge.merged(nil, with: "7") == nil)
    #expect(JSONMerge.merged(#"{"instructions":"a"}"#, with: #"{"instr\u0075ctions":"b"}"#) == #"{"instructions":"b"}"#)
  }

  // MARK: Numbers

  private func number(_ json: String) -> JSONNumbers {
    ByteBuffer(string: #"{"n":\#(json)}"#).withJSON { event -> JSONNumbers? in
      let value = event.member("n")
      return JSONNumbers(number: value?.number, integer: value?.integer, count: value?.count, seconds: value?.seconds)
    } ?? JSONNumbers()
  }

  private struct JSONNumbers: Equatable {
    var number: Double?
    var integer: Int?
    var count: Int?
    var seconds: Double?
  }

  @Test func `a number is clamped where it is read, and what is no JSON number is none`() {
    let largest = 9_007_199_254_740_992
    for text in ["9223372036854775807", "1e300", "1e400", String(repeating: "9", count: 400)] {
      #expect(number(text) == JSONNumbers(number: Double(largest), integer: largest, count: 1_000_000_000, seconds: 86_400), "\(text)")
    }
    #expect(number("-1e400") == JSONNumbers(number: -Double(largest), integer: -largest, count: 0, seconds: 0))
    #expect(number("-3.7") == JSONNumbers(number: -3.7, integer: -3, count: 0, seconds: 0))
    #expect(number("1.5e1") == JSONNumbers(number: 15, integer: 15, count: 15, seconds: 15))
    for text in ["nan", "inf", "-inf", "infinity", "null", "true", "\"7\"", "0x10", "{}"] {
      #expect(number(text) == JSONNumbers(), "\(text)")
    }
  }

  @Test func `a moment beyond all calendars stops at the last one there is`() {
    #expect(UnixTime(seconds: .max).milliseconds == .max)
    #expect(UnixTime(seconds: .min).milliseconds == .min)
    #expect((UnixTime(milliseconds: .max) + .seconds(1)).milliseconds == .max)
    #expect((UnixTime(milliseconds: .min) - .seconds(1)).milliseconds == .min)
    #expect((UnixTime(milliseconds: .max) - UnixTime(milliseconds: .min)) == .milliseconds(Int64.max))
    #expect(Duration.seconds(Int64.max).inMilliseconds == .max)
  }

  @Test(arguments: ["1795000000000000000", "9223372036854775807", "-9223372036854775807", "1e400", "nan", "\"soon\""])
  func `an expiry that is no date ends nothing`(expiry: String) {
    let scene = RelayScene()
    scene.admit()
    scene.connector.all[0].accept().receive(#"{"type":"session.created","session":{"model":"gpt-realtime-2.1","expires_at":\#(expiry)}}"#)
    scene.loop.advanceTime(by: .seconds(5))
    #expect(types(scene.client) == ["voice.session.ready", "session.created"])
    #expect(scene.client.closedWith == nil)
  }

  @Test func `sums of usage and cost stop instead of overflowing, and nothing lowers a bill`() {
    let prices = PriceTable.published
    var counters = SessionCounters()
    for _ in 0..<3 { counters.usage.add(usage(#"{"total_tokens":9223372036854775807,"input_token_details":{"text_tokens":1e300}}"#)) }
    #expect(counters.usage.total == 3_000_000_000)
    counters.usage.total = .max
    counters.usage.add(usage(#"{"total_tokens":5}"#))
    #expect(counters.usage.total == .max)
    let before = counters.costNanoUSD
    counters.spent(
      prices.cost(of: usage(#"{"total_tokens":-3000,"input_token_details":{"text_tokens":-2000}}"#), model: "gpt-realtime-2.1"))
    counters.spent(-5)
    counters.spent(.nan)
    #expect(counters.costNanoUSD == before)
    for _ in 0..<10_000 { counters.spent(.infinity) }
    #expect(counters.costNanoUSD == .max)
  }

  private func usage(_ json: String) -> TokenUsage { ByteBuffer(string: json).withJSON { TokenUsage(json: $0) } ?? TokenUsage() }

  @Test func `tokens without details cost what the dearest kind does, and cached ones without a split the cheapest saving`() {
    func cost(_ json: String) -> Double { PriceTable.published.cost(of: usage(json), model: "gpt-realtime-2.1") ?? -1 }
    let priced: [(usage: String, dollars: Double)] = [
      (#"{"total_tokens":3000,"input_tokens":2000,"output_tokens":1000}"#, 0.128), (#"{"total_tokens":1000}"#, 0.064),
      (#"{"total_tokens":3000,"input_tokens":2000}"#, 0.128),
      (#"{"input_tokens":10,"input_token_details":{"text_tokens":10,"cached_tokens":4}}"#, 0.0000256),
      // More is said to be cached than there is.
      (#"{"input_token_details":{"text_tokens":10,"cached_tokens_details":{"text_tokens":99,"audio_tokens":99}}}"#, 0.000004),
    ]
    for one in priced { #expect(abs(cost(one.usage) - one.dollars) < 1e-9, "\(one.usage)") }
  }

  @Test func `usage that stands in strings counts, and an object that tells no number is none`() {
    #expect(usage(#"{"total_tokens":"3000","input_tokens":"2000","output_tokens":"1000"}"#).outputOther == 1_000)
    for nothing in ["{}", #"{"total_tokens":null}"#, #"{"total_tokens":"many"}"#, #"{"total_tokens":[1]}"#, "7"] {
      #expect(ByteBuffer(string: #"{"usage":\#(nothing)}"#).withJSON { $0.member("usage").flatMap { TokenUsage(json: $0) } } == nil)
    }
    #expect(ByteBuffer(string: #"{"total_tokens":0}"#).withJSON { TokenUsage(json: $0) } == TokenUsage())
  }

  @Test(arguments: [
    (#"{"type":"duration","seconds":3.5}"#, 3.5), (#"{"type":"tokens","input_token_details":{"audio_tokens":40},"total_tokens":90}"#, 4),
    (#"{"type":"tokens","total_tokens":900,"input_tokens":800,"output_tokens":100}"#, 80), (#"{"total_tokens":900}"#, 90),
    (#"{"input_tokens":"800"}"#, 80),
  ])
  func `a transcription is billed by what its usage tells, with details or without`(usage: String, seconds: Double) {
    let event = ControlEvent.server(
      .transcriptionCompleted, ByteBuffer(string: #"{"item_id":"u","transcript":"hi","usage":\#(usage)}"#))
    guard case .transcriptCompleted(_, let billed) = event else {
      Issue.record("\(event)")
      return
    }
    #expect(billed == seconds)
  }

  // MARK: Redials

  @Test func `an upstream that opens and closes again and again is dialled with pauses, and given up`() {
    let scene = RelayScene()
    scene.open().peerCloses(WebSocketClosure(code: 1011))
    #expect(scene.connector.all.count == 1)
    for dial in 1...3 {
      scene.loop.advanceTime(by: .seconds(2))
      #expect(scene.connector.all.count == dial + 1)
      let upstream = scene.connector.all[dial].accept()
      upstream.receive(#"{"type":"session.created"}"#)
      upstream.peerCloses(WebSocketClosure(code: 1011))
    }
    #expect(scene.client.closedWith == CloseReason.upstreamUnavailable.closure)
    #expect(scene.connector.all.count == 4)
  }

  @Test func `an upstream that lived a while may be lost as often as it likes`() {
    let scene = RelayScene()
    var upstream = scene.open()
    for dial in 1...10 {
      scene.loop.advanceTime(by: .seconds(6))
      upstream.peerCloses(WebSocketClosure(code: 1011))
      scene.loop.advanceTime(by: .seconds(2))
      upstream = scene.connector.all[dial].accept()
      upstream.receive(#"{"type":"session.created"}"#)
    }
    #expect(scene.client.closedWith == nil)
  }

  @Test func `an append as long as the protocol allows makes no client wait, and no pause is longer than its pings can bear`() {
    var rate = ClientRateStateMachine(ClientRateLimits())
    let now = NIODeadline.uptimeNanoseconds(1)
    #expect(rate.received(events: 1, bytes: 20_971_520, audioSeconds: 327.68, at: now) == nil)
    #expect(rate.received(events: 1, bytes: 1_000, audioSeconds: 327.68, at: now) == .seconds(2))
    #expect(rate.received(events: 1, bytes: 1_000, audioSeconds: 0, at: now + .seconds(2)) == .seconds(2))
  }
}
