import Foundation
import NIOCore
import NIOEmbedded
import RAGPrefetch
import Testing
import VoiceTesting

@testable import VoiceCore

/// Random walks over the whole relay, the driver and all its machines: whatever happens in whatever order, what must hold holds.
///
/// `VOICE_WALK_EVENTS=1000000` walks further than a test run should take.
struct RelayWalkTests {
  static let events = ProcessInfo.processInfo.environment["VOICE_WALK_EVENTS"].flatMap(Int.init) ?? 40_000
  static let walks = 8

  @Test(arguments: 0..<walks)
  func `whatever both sides do, answers are one at a time, bounds hold, and nothing of the gateway's own gets out`(walk: Int) {
    var generator = SeededGenerator(seed: UInt64(walk) &* 7_919 &+ 1)
    var left = Self.events / Self.walks
    var answers = 0
    while left > 0 {
      let session = RelayWalk(&generator, hasVoiceEvents: walk.isMultiple(of: 2))
      // A new session when this one is over, and now and then anyway.
      for _ in 0..<min(left, 2_000 + Int(generator.next() % 8_000)) where !session.isOver {
        session.step(&generator)
        left -= 1
        if let problem = session.problem {
          Issue.record("walk \(walk), \(left) events before its end: \(problem), after\n\(session.story)")
          return
        }
      }
      answers += session.gatewayAnswers
    }
    // A walk in which nothing happens proves nothing.
    #expect(answers > Self.events / Self.walks / 1_000)
  }
}

/// One session, walked step by step.
final class RelayWalk {
  private let scene: RelayScene
  private let hasTools: Bool
  private var client: InMemoryConnection
  private var clientIsThere = true
  private var upstream: InMemoryConnection
  private var model = ModelUpstream()
  private var dials = 1
  private(set) var problem: String?
  private var earlierAnswers = 0
  var gatewayAnswers: Int { earlierAnswers + model.gatewayAnswers }
  private var clientClosed = false
  private let outboxLimit = 20_000
  private var lines: [String] = []
  /// Items that the client created and that upstream has neither taken nor refused, as far as the client was told.
  private var unconfirmed: [String] = []
  /// Those that it has taken, and that the client has not deleted.
  private var confirmed: [String] = []
  private var created = 0
  /// What led to a problem.
  var story: String { lines.joined(separator: "\n") }

  private func note(_ who: String, _ text: String) {
    guard !text.contains("append") else { return }
    lines.append("\(who) \(text.prefix(240))")
    if lines.count > 120 { lines.removeFirst() }
  }

  init(_ generator: inout SeededGenerator, hasVoiceEvents: Bool) {
    hasTools = generator.next() % 2 == 0
    model.hasTools = hasTools
    scene = RelayScene(
      hasVoiceEvents: hasVoiceEvents, bufferBytes: outboxLimit, clock: .init(maxDuration: nil, notices: [], idleTimeout: nil),
      resumeGrace: .seconds(30),
      policy: SessionPolicyConfiguration(
        instructions: "own", transcriptionModel: "w", holdsResponses: true, maxOutputTokens: 9,
        tools: hasTools ? [ToolDefinition(name: "lookup", description: "", parameters: "{}")] : []),
      prefetch: Prefetcher(PrefetchConfiguration(contextTokenBudget: 100)))
    client = scene.client
    scene.admit()
    upstream = scene.connector.all[0].accept()
    upstream.receive(model.opening())
    check()
  }

  var isOver: Bool { scene.session.core.life.closeReason != nil || problem != nil }

  func step(_ generator: inout SeededGenerator) {
    switch generator.next() % 100 {
    case 0..<24 where clientIsThere && client.isReading:
      let event = clientEvent(&generator)
      note("client:", event)
      client.receive(event)
    case 24..<54: for text in model.work(&generator) { tell(text) }
    case 54..<80: for text in model.act(&generator) { tell(text) }
    case 80..<88: scene.loop.advanceTime(by: .milliseconds(Int64(generator.next() % 200)))
    case 93 where hasTools: if let call = model.calls.last { scene.session.toolAnswered(call, "found", failure: nil) }
    case 88..<94: retrieve(&generator)
    case 94..<96: client.setWritable(generator.next() % 3 != 0)
    case 96: upstream.setWritable(generator.next() % 3 != 0)
    case 97 where generator.next() % 20 == 0: loseUpstream(&generator)
    case 98 where generator.next() % 20 == 0: loseClient()
    case 99 where generator.next() % 4 == 0: settle(&generator)
    case 99: scene.loop.advanceTime(by: .seconds(1))
    default: break
    }
    answerDial(&generator)
    deliver()
    check()
    if isOver { end(&generator) }
  }

  private func deliver() {
    for message in upstream.takeSent() {
      note("to upstream:", String(buffer: message.bytes))
      model.receive(message)
    }
  }

  /// Both sides come to rest: what the client created, and was not refused, is upstream's, however often that was lost meanwhile.
  private func settle(_ generator: inout SeededGenerator) {
    guard scene.session.core.isOpen, clientIsThere, client.isReading, upstream.delegate != nil else { return }
    client.setWritable(true)
    for _ in 0..<40 {
      scene.loop.advanceTime(by: .milliseconds(50))
      deliver()
      while !model.isIdle { for text in model.work(&generator) { tell(text) } }
    }
    check()
    guard scene.session.core.isOpen, model.isIdle else { return }
    if let lost = unconfirmed.first { return fail("\(lost) was neither taken nor refused") }
    if let lost = confirmed.suffix(10).first(where: { !model.has($0) }) { fail("\(lost) is gone") }
  }

  private func tell(_ text: String) {
    guard upstream.delegate != nil else { return }
    note("upstream:", text)
    upstream.receive(text)
  }

  private func clientEvent(_ generator: inout SeededGenerator) -> String {
    let known = model.clientItems.last ?? "item_0"
    // What takes the answers away from the gateway is rare, so that it has some to make.
    let isRare = generator.next() % 40 == 0
    switch generator.next() % 26 {
    case 2 where !isRare, 3 where !isRare, 11 where !isRare: return #"{"type":"input_audio_buffer.append","audio":"AAAA"}"#
    case 0: return #"{"type":"session.update","session":{"type":"realtime","instructions":"mine"}}"#
    case 1:
      return
        #"{"type":"session.update","event_id":"c1","session":{"type":"realtime","audio":{"input":{"turn_detection":{"type":"semantic_vad"}}}}}"#
    case 2: return #"{"type":"session.update","session":{"type":"realtime","audio":{"input":{"turn_detection":null}}}}"#
    case 3:
      return
        #"{"type":"session.update","session":{"audio":{"input":{"turn_detection":{"type":"server_vad","create_response":false}}}}}"#
    case 4: return #"{"type":"response.create"}"#
    case 5: return #"{"type":"response.create","event_id":"c2","response":{"conversation":"none"}}"#
    case 6: return #"{"type":"response.cancel"}"#
    case 7 where generator.next() % 2 == 0:
      return #"{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[]}}"#
    case 7:
      created += 1
      let id = "mine_\(created)"
      unconfirmed.append(id)
      return
        #"{"type":"conversation.item.create","event_id":"\#(id)","item":{"id":"\#(id)","type":"message","role":"user","content":[{"type":"input_text","text":"t"}]}}"#
    case 17:
      return #"{"type":"session.update","session":{"x":\#(String(repeating: "[", count: 90))\#(String(repeating: "]", count: 90))}}"#
    case 18: return #"{"type":"conversation.item.truncate","item_id":"a_resp_2","content_index":1e400,"audio_end_ms":-1e300}"#
    case 19: return #"{"type":"session.update","session":{"bogus":1}}"#
    case 20: return #"{"type":"response.create","response":{"max_output_tokens":5,"max_output_tokens":9e99}}"#
    case 8: return #"{"type":"conversation.item.delete","item_id":"\#(known)"}"#
    case 9: return #"{"type":"conversation.item.delete","item_id":"gw_item_\#(generator.next() % 30)"}"#
    case 10: return #"{"type":"conversation.item.retrieve","item_id":"gw_item_\#(generator.next() % 30)"}"#
    case 11: return #"{"type":"input_audio_buffer.commit"}"#
    case 12: return #"{"type":"voice.partial_transcript","text":"what is the refund policy for \#(generator.next() % 9)"}"#
    case 13: return #"{"type":"voice.playback","item_id":"a_resp_1","audio_end_ms":\#(generator.next() % 900)}"#
    case 14: return #"{"type":"nonsense","x":[1,2,{"type":"error"}]}"#
    case 15: return #"{"type":"ping"}"#
    case 16: return "not json"
    default: return #"{"type":"input_audio_buffer.append","audio":"AAAAAAAAAAAAAAAAAAAA"}"#
    }
  }

  private func retrieve(_ generator: inout SeededGenerator) {
    // Now and then an answer to a question that was cancelled, or never asked.
    let id = max(1, scene.session.core.meter.counters.retrievals - Int(generator.next() % 3))
    let name = "\(generator.next() % 40)"
    let passages = [Passage(text: "Passage \(name) says so.", title: name, source: name, score: 1)]
    let results: [Result<[Passage], RetrievalError>] = [.success(passages), .success([]), .failure(RetrievalError(.timeout, "late"))]
    scene.session.retrieved(id, results[Int(generator.next() % 4) % 3])
  }

  // MARK: Losses

  private func loseUpstream(_ generator: inout SeededGenerator) {
    guard upstream.delegate != nil else { return }
    replaceModel()
    note("upstream", "is lost")
    upstream.peerCloses(generator.next() % 2 == 0 ? .abnormal : WebSocketClosure(code: 1011))
  }

  private func answerDial(_ generator: inout SeededGenerator) {
    guard scene.connector.all.count > dials, generator.next() % 4 == 0 else { return }
    dials += 1
    let dial = scene.connector.all[dials - 1]
    if generator.next() % 5 == 0 { return dial.fail(RealtimeConnectError(.unreachable, "away")) }
    note("upstream", "is there again")
    upstream = dial.accept()
    replaceModel()
    upstream.receive(model.opening())
    // Now and then it goes as soon as it is there.
    if generator.next() % 6 == 0 {
      deliver()
      replaceModel()
      note("upstream", "is lost at once")
      return upstream.peerCloses(WebSocketClosure(code: 1011))
    }
    // The answer that was lost is owed: the model need not have heard the words.
    model.owes()
  }

  private func replaceModel() {
    earlierAnswers += model.gatewayAnswers
    let (count, calls) = (model.count, model.calls)
    model = ModelUpstream()
    model.count = count
    model.calls = calls
    model.hasTools = hasTools
  }

  /// What the client is told of the items that it created.
  private func follow(_ text: String) {
    let event = ByteBuffer(string: text)
    guard case .event(let kind) = EventScanner.scanFirst(event) else { return }
    switch ControlEvent.server(kind, event) {
    case .itemAdded(let item, _):
      guard let id = item.id, let index = unconfirmed.firstIndex(of: id) else { return }
      confirmed.append(unconfirmed.remove(at: index))
    case .itemDeleted(let id): confirmed.removeAll { $0 == id }
    case .error(let failure): unconfirmed.removeAll { $0 == failure.eventID }
    default: break
    }
  }

  private func loseClient() {
    guard clientIsThere else { return }
    clientIsThere = false
    client.peerCloses(.abnormal)
  }

  // MARK: What must hold

  private func check() {
    for message in client.takeSent() {
      if clientClosed { fail("said after the close: \(String(buffer: message.bytes))") }
      let text = String(buffer: message.bytes)
      // The gateway's own events have ids of their own; nothing else with the prefix is the client's to see, but its own words.
      for secret in ["\"gw_item_", "\"gw_resp_", "\"gw_upd_", "\"gw_trunc_", "\"gw_rest_", "\"gw_del_", "\"gw_can_"]
      where text.contains(secret) {
        fail("\(secret) in \(text)")
      }
      if text.contains("Passage "), !text.contains("voice.rag.context") { fail("context in \(text)") }
      if text.contains("\"call_") || text.contains("\"fc_") { fail("a call of the gateway's in \(text)") }
      follow(text)
    }
    if client.closedWith != nil { clientClosed = true }
    if scene.session.client.outbox.bytes > outboxLimit { fail("\(scene.session.client.outbox.bytes) bytes wait for the client") }
    // What one read may bring beyond the bound, and the bound.
    if scene.session.client.earlyBytes > scene.session.configuration.keptBytes + 10_000 {
      fail("\(scene.session.client.earlyBytes) bytes kept")
    }
    if let violation = model.violations.first { fail(violation) }
  }

  private func fail(_ what: String) { problem = problem ?? what }

  /// The end is said once, and nothing comes after it, whoever still speaks.
  private func end(_ generator: inout SeededGenerator) {
    for _ in 0..<20 {
      for text in model.act(&generator) { tell(text) }
      if clientIsThere { client.receive(clientEvent(&generator)) }
      check()
    }
    upstream.peerCloses()
    if clientIsThere { client.peerCloses() }
    scene.loop.advanceTime(by: .minutes(1))
    if scene.endings.count != 1 { fail("\(scene.endings.count) endings") }
  }
}
