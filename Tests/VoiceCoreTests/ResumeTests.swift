import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing
import VoiceTesting

@testable import VoiceCore

/// A client that drops and comes back to the session that was kept warm for it.
struct ResumeTests {
  private func types(_ connection: InMemoryConnection) -> [String] {
    connection.sent.map { $0.bytes.withJSON { $0.member("type")?.string } ?? "-" }
  }

  private func grant(_ scene: RelayScene) -> SessionGrant {
    SessionGrant(
      userID: "u", plan: "elite",
      resumed: ResumedSession(
        id: scene.session.core.session.context.id, conversation: StoredConversation(), counters: SessionCounters(), elapsed: .zero))
  }

  /// The client of `newer` goes on in `older`.
  private func move(_ newer: RelayScene, to older: RelayScene) -> Bool {
    let answer = NIOLockedValueBox(false)
    newer.session.moveClient(
      to: NIOLoopBound(older.session, eventLoop: older.loop), on: older.loop, grant: grant(older)
    ) { moved in answer.withLockedValue { $0 = moved } }
    // The offer, the answer, and what the answer sends.
    for _ in 0..<3 {
      older.loop.run()
      newer.loop.run()
    }
    return answer.withLockedValue { $0 }
  }

  @Test func `a lost client's session is kept with its upstream, and what was said meanwhile is replayed behind ready`() {
    let older = RelayScene(resumeGrace: .seconds(30))
    let upstream = older.open()
    older.client.peerCloses(.abnormal)
    upstream.receive(#"{"type":"response.created","response":{"id":"r"}}"#, #"{"type":"response.done","response":{"id":"r"}}"#)
    older.loop.advanceTime(by: .seconds(29))
    #expect(upstream.closedWith == nil)

    let newer = RelayScene(resumeGrace: .seconds(30))
    newer.client.receive(#"{"type":"input_audio_buffer.append"}"#)
    #expect(move(newer, to: older))
    #expect(types(newer.client) == ["voice.session.ready", "response.created", "response.done"])
    #expect(newer.client.sentText[0].contains(#""resumed":true"#))
    #expect(newer.client.sentText[0].contains("\(older.session.core.session.context.id)"))
    #expect(types(upstream) == ["input_audio_buffer.append"])
    #expect(newer.client.isReading)
    #expect(older.connector.all.count == 1)
    #expect(older.observer.events.contains(.clientReturned))
    // Nothing of its own is left to the session that the client came in with.
    #expect(newer.endings.isEmpty)

    older.loop.advanceTime(by: .seconds(60))
    newer.client.receive(#"{"type":"input_audio_buffer.commit"}"#)
    older.loop.run()
    #expect(types(upstream) == ["input_audio_buffer.append", "input_audio_buffer.commit"])
    newer.client.peerCloses(WebSocketClosure(code: 1000))
    older.loop.run()
    #expect(upstream.closedWith != nil)
  }

  @Test func `a client whose connection makes room while it is on its way hears what waited`() {
    let loop = EmbeddedEventLoop()
    let older = RelayScene(bufferBytes: 100_000, resumeGrace: .seconds(30), loop: loop)
    let newer = RelayScene(resumeGrace: .seconds(30), loop: loop)
    let upstream = older.open()
    older.client.peerCloses(.abnormal)
    upstream.receive(#"{"type":"x"}"#)
    newer.client.setWritable(false)
    newer.session.moveClient(
      to: NIOLoopBound(older.session, eventLoop: loop), on: loop, grant: grant(older), done: { #expect($0) })
    loop.assumeIsolated().execute { newer.client.setWritable(true) }
    loop.run()
    #expect(types(newer.client) == ["voice.session.ready", "x"])
    upstream.receive(#"{"type":"y"}"#)
    #expect(types(newer.client) == ["voice.session.ready", "x", "y"])
  }

  @Test func `the way between two event loops keeps order and pushes back`() {
    let older = RelayScene(bufferBytes: 100_000, resumeGrace: .seconds(30), loop: EmbeddedEventLoop())
    let newer = RelayScene(resumeGrace: .seconds(30), loop: EmbeddedEventLoop())
    let upstream = older.open()
    older.client.peerCloses(.abnormal)
    #expect(move(newer, to: older))
    newer.client.setWritable(false)
    older.loop.run()
    for number in 0..<10 { upstream.receive(#"{"type":"x","n":\#(number)}"#) }
    newer.loop.run()
    #expect(types(newer.client) == ["voice.session.ready"])
    #expect(!older.session.client.outbox.isEmpty)
    newer.client.setWritable(true)
    older.loop.run()
    newer.loop.run()
    #expect(newer.client.sentText.dropFirst() == ArraySlice((0..<10).map { #"{"type":"x","n":\#($0)}"# }))
  }

  @Test func `of two clients for one session the newer wins`() {
    let older = RelayScene(resumeGrace: .seconds(30))
    let upstream = older.open()
    let newer = RelayScene(resumeGrace: .seconds(30))
    #expect(move(newer, to: older))
    #expect(types(older.client).last == "error")
    #expect(older.client.closedWith == CloseReason.sessionReplaced.closure)
    older.client.receive(#"{"type":"input_audio_buffer.append"}"#)
    older.client.peerCloses()
    #expect(upstream.sent.isEmpty)
    upstream.receive(#"{"type":"x"}"#)
    newer.loop.run()
    #expect(types(newer.client) == ["voice.session.ready", "x"])
  }

  @Test func `nobody is waited for longer than the grace, and the wait ends upstream too`() {
    let scene = RelayScene(resumeGrace: .seconds(30))
    let upstream = scene.open()
    scene.client.peerCloses(.abnormal)
    scene.loop.advanceTime(by: .seconds(31))
    #expect(upstream.closedWith != nil)
    upstream.peerCloses()
    #expect(scene.endings.count == 1)
    let late = RelayScene(resumeGrace: .seconds(30))
    #expect(!move(late, to: scene))
    #expect(late.session.core.life.state == .admitting)
  }

  @Test(arguments: [UInt16(1000), 1005])
  func `a client that says that it is done is not waited for`(code: UInt16) {
    let scene = RelayScene(resumeGrace: .seconds(30))
    let upstream = scene.open()
    scene.client.peerCloses(WebSocketClosure(code: code))
    #expect(upstream.closedWith != nil)
  }

  @Test func `the pure endpoint tells no session id, so nobody can come back there`() {
    let scene = RelayScene(hasVoiceEvents: false, resumeGrace: .seconds(30))
    let upstream = scene.open()
    scene.client.peerCloses(.abnormal)
    #expect(upstream.closedWith != nil)
  }

  @Test func `what waits for a client that is away is bounded: audio goes first, and then the session ends`() {
    let scene = RelayScene(bufferBytes: 3_000, resumeGrace: .seconds(30))
    let upstream = scene.open()
    scene.client.peerCloses(.abnormal)
    let audio = #"{"type":"response.output_audio.delta","response_id":"r","delta":"\#(String(repeating: "A", count: 900))"}"#
    upstream.receive(#"{"type":"response.output_text.done","n":1}"#, audio, audio, audio, audio, audio)
    #expect(scene.session.client.outbox.bytes < 3_000)
    #expect(scene.session.core.life.closeReason == nil)
    let text = #"{"type":"response.output_text.delta","delta":"\#(String(repeating: "A", count: 900))"}"#
    upstream.receive(text, text, text, text)
    #expect(upstream.closedWith != nil)
  }

  @Test func `a session that nobody is there for gives way, one that is used does not`() {
    let scene = RelayScene(resumeGrace: .seconds(30))
    let upstream = scene.open()
    #expect(!scene.session.endIfAbandoned())
    scene.client.peerCloses(.abnormal)
    #expect(scene.session.endIfAbandoned())
    #expect(upstream.closedWith != nil)
  }

  @Test func `a client that goes while it is being moved is missed where it went`() {
    let older = RelayScene(resumeGrace: .seconds(30))
    _ = older.open()
    older.client.peerCloses(.abnormal)
    let newer = RelayScene(resumeGrace: .seconds(30))
    newer.session.moveClient(to: NIOLoopBound(older.session, eventLoop: older.loop), on: older.loop, grant: grant(older)) { _ in }
    older.loop.run()
    newer.client.peerCloses(.abnormal)
    newer.loop.run()
    older.loop.run()
    #expect(older.session.core.life.isDetached)
  }
}
