import NIOCore
import NIOEmbedded
import Testing
import VoiceTesting

@testable import VoiceCore

/// Upstream is lost while the user speaks, or before anybody knows what was said.
struct LostWordsTests {
  private func types(_ connection: InMemoryConnection) -> [String] {
    connection.sent.map { $0.bytes.withJSON { $0.member("type")?.string } ?? "-" }
  }

  private func append(_ number: Int) -> String { #"{"type":"input_audio_buffer.append","audio":"AAAA","n":\#(number)}"# }

  private func opened(_ input: String = "{}") -> (scene: RelayScene, upstream: InMemoryConnection) {
    let scene = RelayScene()
    scene.admit()
    let upstream = scene.connector.all[0].accept()
    upstream.receive(created(input))
    return (scene, upstream)
  }

  private func created(_ input: String) -> String {
    #"{"type":"session.created","session":{"model":"gpt-realtime-2.1","audio":{"input":\#(input)}}}"#
  }

  /// The next upstream, open.
  private func redialled(_ scene: RelayScene, after lost: InMemoryConnection, _ input: String = "{}") -> InMemoryConnection {
    lost.peerCloses(.abnormal)
    scene.loop.advanceTime(by: .seconds(1))
    let next = scene.connector.all.last!.accept()
    next.receive(created(input))
    return next
  }

  @Test func `the next upstream hears the words from their beginning, then what was said meanwhile`() {
    let (scene, upstream) = opened()
    scene.client.receive(append(1))
    upstream.receive(#"{"type":"input_audio_buffer.speech_started","item_id":"i"}"#)
    scene.client.receive(append(2))
    upstream.peerCloses(.abnormal)
    scene.client.receive(append(3))
    scene.loop.advanceTime(by: .seconds(1))
    let next = scene.connector.all.last!.accept()
    next.receive(created("{}"))
    #expect(next.sentText == [append(1), append(2), append(3)])
  }

  @Test func `words without a transcript are said again instead of being answered unheard`() {
    let input = #"{"transcription":{"model":"gpt-realtime-whisper"}}"#
    let (scene, upstream) = opened(input)
    upstream.receive(#"{"type":"input_audio_buffer.speech_started","item_id":"i"}"#)
    scene.client.receive(append(1))
    upstream.receive(
      #"{"type":"input_audio_buffer.committed","item_id":"i"}"#,
      #"{"type":"response.created","response":{"id":"r","conversation_id":"c"}}"#)
    let next = redialled(scene, after: upstream, input)
    #expect(next.sentText == [append(1)])
  }

  @Test func `words with a transcript are answered from that`() {
    let input = #"{"transcription":{"model":"gpt-realtime-whisper"}}"#
    let (scene, upstream) = opened(input)
    upstream.receive(#"{"type":"input_audio_buffer.speech_started","item_id":"i"}"#)
    // Ten seconds' worth, so that nothing of it can be the silence after the words.
    for number in 1...10 {
      scene.client.receive(
        #"{"type":"input_audio_buffer.append","n":\#(number),"audio":"\#(String(repeating: "A", count: 64_000))"}"#)
    }
    upstream.receive(
      #"{"type":"input_audio_buffer.committed","item_id":"i"}"#,
      #"{"type":"conversation.item.added","item":{"id":"i","type":"message","role":"user","content":[{"type":"input_audio","transcript":null}]}}"#,
      #"{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","content_index":0,"transcript":"hi"}"#,
      #"{"type":"response.created","response":{"id":"r","conversation_id":"c"}}"#)
    let next = redialled(scene, after: upstream, input)
    #expect(types(next) == ["conversation.item.create", "response.create"])
  }

  @Test func `a client that commits itself has its commit and its request made again`() {
    let input = #"{"turn_detection":null}"#
    let (scene, upstream) = opened(input)
    let commit = #"{"type":"input_audio_buffer.commit"}"#
    scene.client.receive(append(1))
    scene.client.receive(commit)
    scene.client.receive(#"{"type":"response.create"}"#)
    let next = redialled(scene, after: upstream, input)
    #expect(Array(next.sentText.prefix(2)) == [append(1), commit])
    #expect(types(next).last == "response.create")
    #expect(next.sent.count == 3)
  }

  @Test func `a client that just came back is not too slow for what waited`() {
    let loop = EmbeddedEventLoop()
    let older = RelayScene(bufferBytes: 1_000, resumeGrace: .seconds(30), loop: loop)
    let upstream = older.open()
    older.client.peerCloses(.abnormal)
    let audio = #"{"type":"response.output_audio.delta","response_id":"r","delta":"\#(String(repeating: "A", count: 200))"}"#
    for _ in 0..<3 { upstream.receive(audio) }
    let newer = RelayScene(resumeGrace: .seconds(30), loop: loop)
    newer.client.setWritable(false)
    let grant = SessionGrant(
      userID: "u", plan: "elite",
      resumed: ResumedSession(
        id: older.session.core.session.context.id, conversation: StoredConversation(), counters: SessionCounters(), elapsed: .zero))
    newer.session.moveClient(to: NIOLoopBound(older.session, eventLoop: loop), on: loop, grant: grant, done: { #expect($0) })
    loop.run()
    for _ in 0..<20 { upstream.receive(audio) }
    #expect(older.endings.isEmpty)
    upstream.receive(#"{"type":"response.output_audio.done","response_id":"r"}"#)
    newer.client.setWritable(true)
    loop.run()
    #expect(types(newer.client).last == "response.output_audio.done")
    // From then on it is as slow as anybody.
    newer.client.setWritable(false)
    loop.run()
    for _ in 0..<20 { upstream.receive(audio) }
    #expect(older.session.core.life.closeReason == .slowConsumer)
  }
}
