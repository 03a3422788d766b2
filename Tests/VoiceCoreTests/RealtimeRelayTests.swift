import Logging
import NIOCore
import NIOEmbedded
import Testing
import VoiceTesting

@testable import VoiceCore

/// The driver with two connections in memory and an event loop whose time the test moves.
struct RealtimeRelayTests {
  typealias Scene = RelayScene

  private func types(_ connection: InMemoryConnection) -> [String] {
    connection.sent.map { $0.bytes.withJSON { $0.member("type")?.string } ?? "-" }
  }

  @Test func `ready is the first event of an admitted session, and comes only when upstream is open`() {
    let scene = Scene()
    scene.admit()
    let upstream = scene.connector.all[0].accept()
    #expect(scene.client.sent.isEmpty)
    #expect(!scene.client.isReading)
    upstream.receive(#"{"type":"session.created"}"#)
    #expect(types(scene.client) == ["voice.session.ready", "session.created"])
    #expect(scene.client.isReading)
  }

  @Test func `the pure endpoint never sees an event of the gateway's own`() {
    let scene = Scene(hasVoiceEvents: false)
    let upstream = scene.open()
    scene.client.receive(#"{"type":"ping"}"#, #"{"type":"voice.session.end"}"#)
    #expect(types(scene.client) == ["session.created"])
    #expect(types(upstream) == ["ping", "voice.session.end"])
  }

  @Test func `what a client says early goes out behind upstream's first event, in order`() {
    let scene = Scene()
    scene.client.receive(#"{"type":"session.update"}"#, #"{"type":"response.create"}"#)
    let upstream = scene.open()
    #expect(types(upstream) == ["session.update", "response.create"])
  }

  @Test func `messages cross both ways byte for byte`() {
    let scene = Scene()
    let upstream = scene.open()
    let odd = "  {\"x\":[1,{}],\n\"type\" : \"unknown.kind\"}\t"
    scene.client.receive(odd)
    upstream.receive(odd)
    #expect(upstream.sentText.last == odd)
    #expect(scene.client.sentText.last == odd)
  }

  @Test func `a fatal opening is relayed with upstream's error, code and reason`() {
    let scene = Scene()
    scene.admit()
    let upstream = scene.connector.all[0].accept()
    upstream.receive(#"{"type":"error","error":{"code":"invalid_api_key"}}"#)
    #expect(scene.client.sent.isEmpty)
    upstream.peerCloses(WebSocketClosure(code: 3000, reason: "invalid_request_error.invalid_api_key"))
    #expect(types(scene.client) == ["error"])
    #expect(scene.client.closedWith == WebSocketClosure(code: 3000, reason: "invalid_request_error.invalid_api_key"))
  }

  @Test func `an upstream that cannot be reached is one error and a close, and the slot may be given back`() {
    let scene = Scene()
    scene.admit()
    for dial in 0..<3 {
      #expect(scene.client.sent.isEmpty)
      scene.connector.all[dial].fail(RealtimeConnectError(.unreachable, "nobody there"))
      scene.loop.advanceTime(by: .seconds(1))
    }
    #expect(scene.connector.all.count == 3)
    #expect(types(scene.client) == ["error"])
    #expect(scene.client.closedWith == CloseReason.upstreamUnavailable.closure)
    scene.client.peerCloses()
    #expect(scene.endings == [.refused(.upstreamUnavailable, wasAdmitted: true)])
  }

  @Test func `what upstream refused for good is not tried again`() {
    let scene = Scene()
    scene.admit()
    scene.connector.all[0].fail(RealtimeConnectError(.refused, "404", status: 404))
    scene.loop.advanceTime(by: .seconds(10))
    #expect(scene.connector.all.count == 1)
    #expect(scene.client.closedWith == CloseReason.upstreamUnavailable.closure)
  }

  @Test func `an upstream that goes before session_created is dialled again, and the client hears of the second alone`() {
    let scene = Scene()
    scene.admit()
    let first = scene.connector.all[0].accept()
    first.receive(#"{"type":"error","error":{"code":"overloaded"}}"#)
    first.peerCloses(WebSocketClosure(code: 1013))
    scene.loop.advanceTime(by: .seconds(1))
    scene.connector.all[1].accept().receive(#"{"type":"session.created"}"#)
    #expect(types(scene.client) == ["voice.session.ready", "session.created"])
  }

  @Test func `an upstream that never says session.created is given up at the dial's deadline`() {
    let scene = Scene()
    scene.admit()
    let upstream = scene.connector.all[0].accept()
    scene.loop.advanceTime(by: .seconds(11))
    #expect(scene.client.closedWith == CloseReason.upstreamUnavailable.closure)
    #expect(upstream.wasAborted)
  }

  @Test func `a client that goes while upstream is dialled leaves nothing behind`() {
    let scene = Scene()
    scene.admit()
    scene.client.peerCloses(.abnormal)
    #expect(scene.endings.count == 1)
    #expect(scene.connector.all[0].accept().wasAborted)
    #expect(scene.endings.count == 1)
  }

  @Test func `the first reason wins, and one ending is reported once`() {
    let scene = Scene()
    let upstream = scene.open()
    scene.session.end(.sessionRevoked)
    scene.session.end(.idleTimeout)
    upstream.peerCloses(WebSocketClosure(code: 4000))
    scene.client.peerCloses()
    #expect(scene.client.closedWith == CloseReason.sessionRevoked.closure)
    #expect(scene.endings.count == 1)
  }

  @Test func `a close that upstream gave a code is the client's too`() {
    let scene = Scene()
    scene.open().peerCloses(WebSocketClosure(code: 1001, reason: "expired"))
    #expect(scene.client.closedWith == WebSocketClosure(code: 1001, reason: "expired"))
  }

  @Test func `upstream lost in the middle is dialled again, what the client says meanwhile is kept, and the answer asked for again`() {
    let scene = Scene()
    let first = scene.open()
    first.receive(
      #"{"type":"conversation.item.done","item":{"id":"u1","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}}"#,
      #"{"type":"response.created","response":{"id":"r1","conversation_id":"c"}}"#)
    first.peerCloses(.abnormal)
    #expect(types(scene.client).last == "response.done")
    scene.client.receive(#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#)
    scene.loop.advanceTime(by: .seconds(1))
    let second = scene.connector.all[1].accept()
    second.receive(#"{"type":"session.created","session":{}}"#)
    #expect(types(second) == ["conversation.item.create", "response.create", "input_audio_buffer.append"])
    #expect(types(scene.client).last == "voice.session.resumed")
    #expect(types(scene.client).count(where: { $0 == "session.created" }) == 1)
    #expect(scene.client.closedWith == nil)
  }

  @Test func `an upstream that stays away is given up after as many dials as set`() {
    let scene = Scene()
    scene.open().peerCloses(.abnormal)
    for _ in 0..<5 {
      scene.loop.advanceTime(by: .seconds(6))
      if scene.connector.all.count > 1 { scene.connector.all.last!.fail(RealtimeConnectError(.unreachable, "no")) }
    }
    #expect(scene.connector.all.count == 4)
    #expect(scene.client.closedWith == CloseReason.upstreamUnavailable.closure)
  }

  @Test func `what waits for a lost upstream is bounded by not reading on`() {
    let scene = Scene()
    scene.open().peerCloses(.abnormal)
    let chunk = #"{"type":"input_audio_buffer.append","audio":"\#(String(repeating: "A", count: 64_000))"}"#
    for _ in 0..<9 { scene.client.receive(chunk) }
    #expect(scene.client.isReading)
    for _ in 0..<2 { scene.client.receive(chunk) }
    #expect(!scene.client.isReading)
    scene.loop.advanceTime(by: .seconds(1))
    let second = scene.connector.all[1].accept()
    second.receive(#"{"type":"session.created","session":{}}"#)
    #expect(second.sent.count == 11)
    #expect(scene.client.isReading)
  }

  @Test func `a stored conversation is upstream's before the client's first word`() {
    let scene = Scene()
    scene.client.receive(#"{"type":"response.create"}"#)
    let conversation = StoredConversation(
      configuration: #"{"type":"realtime","voice":"x"}"#,
      items: [StoredItem(id: "u1", json: #"{"id":"u1","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}"#)])
    scene.admit(
      resumed: ResumedSession(
        id: scene.session.core.session.context.id, conversation: conversation, counters: SessionCounters(), elapsed: .seconds(400)))
    let upstream = scene.connector.all[0].accept()
    upstream.receive(#"{"type":"session.created","session":{}}"#)
    #expect(types(upstream) == ["session.update", "conversation.item.create", "response.create"])
    #expect(types(scene.client) == ["voice.session.ready", "session.created"])
    #expect(scene.client.sentText[0].contains(#""resumed":true"#))
    // 400 of 600 seconds are gone: the time limit goes on too.
    #expect(scene.client.sentText[0].contains(#""expires_at":1200"#))
    scene.loop.advanceTime(by: .seconds(201))
    #expect(scene.client.closedWith?.reason == "Session time limit reached (10 min)")
  }

  @Test func `bad JSON and binary are answered with invalid_event and never forwarded`() {
    let scene = Scene()
    let upstream = scene.open()
    scene.client.receive("{oops", #"{"type":"a","type":"session.update"}"#)
    scene.client.receiveBinary([1, 2])
    #expect(types(scene.client).suffix(3) == ["error", "error", "error"])
    #expect(scene.client.sentText.suffix(3).allSatisfy { $0.contains("\"invalid_event\"") })
    #expect(upstream.sent.isEmpty)
    #expect(scene.client.closedWith == nil)
  }

  @Test func `ping is answered with its own id, and nothing of it is forwarded`() {
    let scene = Scene()
    let upstream = scene.open()
    scene.client.receive(#"{"event_id":"me \"1\"","type":"ping"}"#)
    #expect(scene.client.sentText.last == #"{"type":"pong","event_id":"me \"1\""}"#)
    #expect(upstream.sent.isEmpty)
  }

  @Test func `the end that a client asks for has a summary, no error, and code 1000`() {
    let scene = Scene()
    _ = scene.open()
    scene.client.receive(#"{"type":"voice.session.end"}"#)
    #expect(types(scene.client).last == "voice.session.summary")
    #expect(scene.client.closedWith == CloseReason.sessionEnded.closure)
  }

  @Test func `a session's time limit gives its notices and then ends it`() {
    let scene = Scene(clock: .init(maxDuration: .seconds(90), notices: [.seconds(60), .seconds(10)], idleTimeout: nil))
    _ = scene.open()
    scene.loop.advanceTime(by: .seconds(31))
    #expect(types(scene.client).last == "voice.session.notice")
    scene.loop.advanceTime(by: .seconds(50))
    #expect(types(scene.client).count(where: { $0 == "voice.session.notice" }) == 2)
    scene.loop.advanceTime(by: .seconds(10))
    #expect(types(scene.client).suffix(2) == ["voice.session.summary", "error"])
    #expect(scene.client.closedWith == WebSocketClosure(code: 1000, reason: "Session time limit reached (90 s)"))
  }

  @Test func `pings do not keep an idle session alive, messages do`() {
    let scene = Scene(clock: .init(maxDuration: nil, idleTimeout: .seconds(20)))
    _ = scene.open()
    scene.loop.advanceTime(by: .seconds(12))
    scene.client.receive(#"{"type":"input_audio_buffer.clear"}"#)
    scene.loop.advanceTime(by: .seconds(12))
    #expect(scene.client.closedWith == nil)
    for _ in 0..<10 {
      scene.client.receive(#"{"type":"ping"}"#)
      scene.loop.advanceTime(by: .seconds(3))
    }
    #expect(scene.client.closedWith == CloseReason.idleTimeout.closure)
  }

  @Test func `a slow client is buffered up to the bound, in order, and then told so`() {
    let scene = Scene(bufferBytes: 300)
    let upstream = scene.open()
    scene.client.setWritable(false)
    upstream.receive(#"{"type":"a"}"#, #"{"type":"b"}"#)
    scene.client.setWritable(true)
    #expect(types(scene.client).suffix(2) == ["a", "b"])
    scene.client.setWritable(false)
    for _ in 0..<40 { upstream.receive(#"{"type":"c"}"#) }
    #expect(scene.client.closedWith == CloseReason.slowConsumer.closure)
  }

  @Test func `audio of an answer that the client cancelled goes before a slow client does, control events never`() {
    let scene = Scene(bufferBytes: 2_000)
    let upstream = scene.open()
    upstream.receive(#"{"type":"response.created","response":{"id":"r1","conversation_id":"c"}}"#)
    scene.client.setWritable(false)
    let before = types(scene.client).count
    let delta = #"{"type":"response.output_audio.delta","response_id":"r1","item_id":"i1","delta":"AAAA"}"#
    for _ in 0..<15 { upstream.receive(delta) }
    scene.client.receive(#"{"type":"response.cancel"}"#)
    for _ in 0..<40 { upstream.receive(delta) }
    upstream.receive(#"{"type":"response.done","response":{"id":"r1","status":"cancelled"}}"#)
    #expect(scene.client.closedWith == nil)
    scene.client.setWritable(true)
    #expect(types(scene.client)[before...].filter { $0 != "response.output_audio.delta" } == ["voice.turn.metrics", "response.done"])
  }

  @Test func `speech_started drops the queued audio of the response that it cuts off, and keeps the rest`() {
    let scene = Scene()
    let upstream = scene.open()
    upstream.receive(#"{"type":"response.created","response":{"id":"r1","conversation_id":"c"}}"#)
    scene.client.setWritable(false)
    let audio = #"{"type":"response.output_audio.delta","response_id":"r1","delta":"AAAA"}"#
    upstream.receive(audio, audio, #"{"type":"response.output_audio_transcript.delta","response_id":"r1"}"#)
    upstream.receive(#"{"type":"input_audio_buffer.speech_started"}"#, audio, #"{"type":"response.output_audio.done","response_id":"r1"}"#)
    scene.client.setWritable(true)
    #expect(
      types(scene.client).suffix(3) == [
        "response.output_audio_transcript.delta", "input_audio_buffer.speech_started", "response.output_audio.done",
      ])
    #expect(scene.observer.events.contains(.interrupted))
  }

  @Test func `a full upstream stops the reading from the client until it drains`() {
    let scene = Scene()
    let upstream = scene.open()
    upstream.setWritable(false)
    #expect(!scene.client.isReading)
    upstream.setWritable(true)
    #expect(scene.client.isReading)
  }

  @Test func `a drain waits for the turn, with notice, and ends an idle session at once`() {
    let idle = Scene()
    _ = idle.open()
    idle.session.drain(grace: .seconds(20))
    #expect(idle.client.closedWith == CloseReason.serverDraining.closure)

    let busy = Scene()
    let upstream = busy.open()
    upstream.receive(#"{"type":"response.created","response":{"id":"r1"}}"#)
    busy.session.drain(grace: .seconds(20))
    #expect(types(busy.client).last == "voice.session.notice")
    #expect(busy.client.closedWith == nil)
    upstream.receive(#"{"type":"response.done","response":{"id":"r1","status":"completed"}}"#)
    #expect(busy.client.closedWith == CloseReason.serverDraining.closure)
  }

  @Test func `a token's expiry gives notice and ends the session, unless it is refreshed`() async throws {
    let scene = Scene(clock: .init(maxDuration: nil, idleTimeout: nil))
    scene.session.admit(
      SessionGrant(userID: "u", plan: nil, tokenExpiresAt: UnixTime(seconds: 1_100)), connector: scene.connector,
      target: RealtimeTarget(url: "ws://upstream"))
    let upstream = scene.connector.all[0].accept()
    upstream.receive(#"{"type":"session.created"}"#)
    scene.loop.advanceTime(by: .seconds(41))
    #expect(scene.client.sentText.last?.contains("token_expiring") == true)
    scene.client.receive(#"{"type":"voice.token.refresh","token":"t2"}"#)
    scene.session.tokenRefreshed(expiresAt: UnixTime(seconds: 1_200))
    scene.loop.advanceTime(by: .seconds(100))
    #expect(scene.client.closedWith == nil)
    scene.loop.advanceTime(by: .seconds(100))
    #expect(scene.client.closedWith == CloseReason.tokenExpired.closure)
    #expect(upstream.sent.isEmpty)
    scene.client.peerCloses()
    upstream.peerCloses()
    var events: [RealtimeRelayEvent] = []
    for await event in scene.session.handle.events { events.append(event) }
    #expect(events.count == 3)
    if case .checkpoint = events[0] {} else { Issue.record("no checkpoint before the end") }
    #expect(events[1] == .tokenOffered(Secret("t2")))
  }

  @Test func `usage of every response adds up in the summary`() {
    let scene = Scene()
    let upstream = scene.open()
    for id in ["r1", "r2"] {
      upstream.receive(#"{"type":"response.created","response":{"id":"\#(id)","conversation_id":"c"}}"#)
      upstream.receive(
        #"{"type":"response.done","response":{"id":"\#(id)","status":"completed","usage":{"total_tokens":30,"input_token_details":{"text_tokens":10,"audio_tokens":10,"cached_tokens_details":{"text_tokens":5}},"output_token_details":{"text_tokens":4,"audio_tokens":6}}}}"#
      )
    }
    #expect(scene.session.core.meter.counters.turns == 2)
    #expect(scene.session.core.meter.counters.usage.total == 60)
    #expect(scene.session.core.meter.counters.usage.cachedText == 10)
    #expect(scene.session.core.meter.counters.usage.outputAudio == 12)
  }
}

extension RealtimeRelayTests {
  @Test func `a barge-in truncates the answer to what the client says was played`() {
    let scene = Scene()
    let upstream = scene.open()
    let audio = String(repeating: "AAAA", count: 16_000)  // 48,000 bytes: one second.
    upstream.receive(#"{"type":"response.output_audio.delta","response_id":"r1","item_id":"a1","content_index":0,"delta":"\#(audio)"}"#)
    scene.client.receive(#"{"type":"voice.playback","item_id":"a1","audio_end_ms":640}"#)
    upstream.receive(#"{"type":"input_audio_buffer.speech_started","item_id":"u2"}"#)
    #expect(
      upstream.sentText == [
        #"{"type":"conversation.item.truncate","event_id":"gw_trunc_1","item_id":"a1","content_index":0,"audio_end_ms":640}"#
      ])
    let before = scene.client.sent.count
    upstream.receive(#"{"type":"error","error":{"code":"invalid_value","event_id":"gw_trunc_1"}}"#)
    #expect(scene.client.sent.count == before)
  }
}
