import NIOCore
import NIOEmbedded
import RAGPrefetch
import Testing
import VoiceTesting

@testable import VoiceCore

/// A session that looks for context: what goes upstream, in which order, and what the client sees of it.
struct RelayPrefetchTests {
  private func types(_ connection: InMemoryConnection) -> [String] {
    connection.sent.map { $0.bytes.withJSON { $0.member("type")?.string } ?? "-" }
  }

  private static func session(_ type: String, createsResponses: Bool) -> String {
    """
    {"type":"\(type)","session":{"type":"realtime","model":"gpt-realtime-2.1","audio":{"input":{"transcription":null,"turn_detection":\
    {"type":"server_vad","create_response":\(createsResponses),"interrupt_response":true}}}}}
    """
  }

  private func opened(hasVoiceEvents: Bool = true, createsResponses: Bool = false) -> (scene: RelayScene, upstream: InMemoryConnection) {
    let scene = RelayScene(
      hasVoiceEvents: hasVoiceEvents, policy: SessionPolicyConfiguration(transcriptionModel: "w", holdsResponses: true),
      prefetch: Prefetcher())
    scene.admit()
    let upstream = scene.connector.all[0].accept()
    upstream.receive(Self.session("session.created", createsResponses: true))
    upstream.receive(Self.session("session.updated", createsResponses: createsResponses))
    return (scene, upstream)
  }

  private let speech = #"{"type":"input_audio_buffer.speech_started","item_id":"u1","audio_start_ms":0}"#
  private let stop = #"{"type":"input_audio_buffer.speech_stopped","item_id":"u1","audio_end_ms":900}"#
  private let commit = #"{"type":"input_audio_buffer.committed","item_id":"u1","previous_item_id":null}"#
  private func words(_ text: String) -> String {
    #"{"type":"conversation.item.input_audio_transcription.delta","item_id":"u1","content_index":0,"delta":"\#(text)"}"#
  }
  private let passages = [Passage(text: "Refunds within 30 days.", title: "Refunds", source: "refunds.md", score: 1)]

  @Test func `context that is there before the commit is injected at once, and the answer waits for nothing`() {
    let (scene, upstream) = opened()
    upstream.receive(speech, words("What is the refund policy for shoes"))
    scene.session.retrieved(1, .success(passages))
    #expect(types(upstream) == ["session.update", "conversation.item.create"])
    #expect(upstream.sentText[1].contains("Refunds within 30 days."))
    let id = upstream.sent[1].bytes.withJSON { $0.member("item")?.member("id")?.string } ?? ""
    #expect(id.hasPrefix("gw_"))
    upstream.receive(#"{"type":"conversation.item.added","previous_item_id":null,"item":{"id":"\#(id)","type":"message","role":"system"}}"#)
    upstream.receive(stop, #"{"type":"input_audio_buffer.committed","item_id":"u1","previous_item_id":"\#(id)"}"#)
    #expect(types(upstream) == ["session.update", "conversation.item.create", "response.create"])
    #expect(!types(scene.client).contains("conversation.item.added"))
    #expect(!types(scene.client).contains("conversation.item.input_audio_transcription.delta"))
    let told = scene.client.sentText.first { $0.contains("voice.rag.context") } ?? ""
    #expect(told.contains(#""status":"hit""#) && told.contains("refunds.md") && told.contains(#""waited_ms":0"#))
    #expect(scene.client.sentText.contains { $0.contains("committed") && $0.contains(#""previous_item_id":null"#) })
  }

  @Test func `what is late is waited for no longer than the deadline, counted from the end of speech`() {
    let (scene, upstream) = opened()
    upstream.receive(speech, words("What is the refund policy for shoes"), stop)
    scene.loop.advanceTime(by: .milliseconds(50))
    upstream.receive(commit)
    scene.loop.advanceTime(by: .milliseconds(149))
    #expect(!types(upstream).contains("response.create"))
    scene.loop.advanceTime(by: .milliseconds(1))
    #expect(types(upstream).last == "response.create")
    #expect(scene.client.sentText.last!.contains(#""status":"late""#))
  }

  @Test func `context that comes during the hold is injected behind the user's item, just before the answer`() {
    let (scene, upstream) = opened()
    upstream.receive(speech, words("What is the refund policy for shoes"), stop, commit)
    scene.loop.advanceTime(by: .milliseconds(100))
    scene.session.retrieved(1, .success(passages))
    #expect(types(upstream) == ["session.update", "conversation.item.create", "response.create"])
    upstream.receive(#"{"type":"response.created","response":{"id":"r","conversation_id":"c"}}"#)
    upstream.receive(#"{"type":"response.output_audio.delta","response_id":"r","item_id":"a","content_index":0,"delta":"AAAA"}"#)
    #expect(scene.client.sentText.last!.contains(#""context_wait_ms":100"#))
  }

  @Test func `speech during the hold ends it, and both items are answered once`() {
    let (scene, upstream) = opened()
    upstream.receive(speech, words("What is the refund policy for shoes"), stop, commit)
    upstream.receive(#"{"type":"input_audio_buffer.speech_started","item_id":"u2"}"#)
    scene.loop.advanceTime(by: .seconds(1))
    #expect(!types(upstream).contains("response.create"))
    upstream.receive(
      #"{"type":"input_audio_buffer.speech_stopped","item_id":"u2"}"#,
      #"{"type":"input_audio_buffer.committed","item_id":"u2","previous_item_id":"u1"}"#)
    scene.loop.advanceTime(by: .milliseconds(201))
    #expect(types(upstream).count { $0 == "response.create" } == 1)
  }

  @Test func `a client that answers by itself has its response_create held for the context, and what it says behind it in order`() {
    let (scene, upstream) = opened()
    scene.client.receive(
      #"{"type":"session.update","session":{"type":"realtime","audio":{"input":{"turn_detection":null}}}}"#)
    upstream.receive(#"{"type":"session.updated","session":{"type":"realtime","audio":{"input":{"turn_detection":null}}}}"#)
    let before = upstream.sent.count
    scene.client.receive(
      #"{"type":"voice.partial_transcript","text":"What is the refund policy for shoes"}"#,
      #"{"type":"input_audio_buffer.commit"}"#, #"{"type":"response.create"}"#, #"{"type":"input_audio_buffer.clear"}"#)
    #expect(types(upstream).dropFirst(before) == ["input_audio_buffer.commit"])
    upstream.receive(commit)
    scene.session.retrieved(1, .success(passages))
    #expect(
      types(upstream).dropFirst(before + 1) == ["conversation.item.create", "response.create", "input_audio_buffer.clear"])
  }

  @Test func `a client's own response_create waits no longer than the deadline, even when its commit came to nothing`() {
    let (scene, upstream) = opened()
    scene.client.receive(#"{"type":"input_audio_buffer.commit"}"#, #"{"type":"response.create"}"#)
    scene.loop.advanceTime(by: .milliseconds(200))
    #expect(types(upstream).suffix(2) == ["input_audio_buffer.commit", "response.create"])
    scene.client.receive(#"{"type":"input_audio_buffer.commit"}"#, #"{"type":"response.create"}"#)
    upstream.receive(#"{"type":"error","error":{"code":"input_audio_buffer_commit_empty","event_id":null}}"#)
    #expect(types(upstream).suffix(2) == ["input_audio_buffer.commit", "response.create"])
  }

  @Test(arguments: [#"{"conversation":"none"}"#, #"{"input":[]}"#, #"{"input":[{"type":"message","role":"user","content":[]}]}"#])
  func `a response that does not read the conversation waits for no context`(response: String) {
    let (scene, upstream) = opened()
    scene.client.receive(
      #"{"type":"voice.partial_transcript","text":"What is the refund policy for shoes"}"#,
      #"{"type":"input_audio_buffer.commit"}"#, #"{"type":"response.create","response":\#(response)}"#)
    #expect(types(upstream).suffix(2) == ["input_audio_buffer.commit", "response.create"])
  }

  @Test func `an update that upstream refuses is asked again without transcription, and the turns are still the gateway's`() {
    let scene = RelayScene(
      policy: SessionPolicyConfiguration(transcriptionModel: "w", holdsResponses: true), prefetch: Prefetcher())
    scene.admit()
    let upstream = scene.connector.all[0].accept()
    upstream.receive(Self.session("session.created", createsResponses: true))
    let id = upstream.sent[0].bytes.withJSON { $0.member("event_id")?.string } ?? ""
    upstream.receive(#"{"type":"error","error":{"code":"invalid_value","event_id":"\#(id)"}}"#)
    #expect(types(upstream) == ["session.update", "session.update"])
    #expect(!upstream.sentText[1].contains("transcription") && upstream.sentText[1].contains(#""create_response":false"#))
    #expect(!types(scene.client).contains("error"))
  }

  @Test func `old context is deleted once an answer is done, and neither the order nor the echo is seen`() {
    let (scene, upstream) = opened()
    var deleted = 0
    for turn in 0..<12 {
      let item = "u\(turn)"
      let long = Passage(text: String(repeating: "Sentence number \(turn). ", count: 150), title: "T", source: "\(turn)", score: 1)
      upstream.receive(
        #"{"type":"input_audio_buffer.speech_started","item_id":"\#(item)"}"#,
        #"{"type":"conversation.item.input_audio_transcription.delta","item_id":"\#(item)","content_index":0,"delta":"What about topic \#(turn) alpha beta"}"#,
        #"{"type":"input_audio_buffer.speech_stopped","item_id":"\#(item)"}"#,
        #"{"type":"input_audio_buffer.committed","item_id":"\#(item)","previous_item_id":null}"#)
      for id in 1...60 { scene.session.retrieved(id, .success([long])) }
      upstream.receive(#"{"type":"response.created","response":{"id":"r\#(turn)","conversation_id":"c"}}"#)
      upstream.receive(#"{"type":"response.done","response":{"id":"r\#(turn)","conversation_id":"c"}}"#)
      deleted = types(upstream).count { $0 == "conversation.item.delete" }
    }
    #expect(types(upstream).count { $0 == "response.create" } == 12)
    #expect(deleted > 0 && deleted < 12)
    #expect(!types(scene.client).contains("conversation.item.deleted"))
  }

  @Test func `context of an answer that was given stays, when the next turn finds the same and then something else`() {
    let (scene, upstream) = opened()
    upstream.receive(speech, words("What is the refund policy for shoes"))
    scene.session.retrieved(1, .success(passages))
    upstream.receive(stop, commit, #"{"type":"response.created","response":{"id":"r","conversation_id":"c"}}"#)
    upstream.receive(#"{"type":"response.done","response":{"id":"r","conversation_id":"c"}}"#)
    func next(_ text: String) -> String {
      #"{"type":"conversation.item.input_audio_transcription.delta","item_id":"u2","content_index":0,"delta":"\#(text)"}"#
    }
    upstream.receive(#"{"type":"input_audio_buffer.speech_started","item_id":"u2"}"#, next("And the refund policy for shoes again please"))
    scene.session.retrieved(2, .success(passages))
    upstream.receive(next(" no wait when does the Nantes shop open tomorrow"))
    scene.session.retrieved(3, .success([Passage(text: "The shop opens at 10.", title: nil, source: "shop.md", score: 1)]))
    #expect(types(upstream).count { $0 == "conversation.item.create" } == 2)
    #expect(!types(upstream).contains("conversation.item.delete"))
  }

  @Test func `the pure endpoint hears nothing of it`() {
    let (scene, upstream) = opened(hasVoiceEvents: false)
    upstream.receive(speech, words("What is the refund policy for shoes"), stop, commit)
    scene.session.retrieved(1, .success(passages))
    #expect(types(upstream).last == "response.create")
    #expect(types(scene.client).allSatisfy { !$0.hasPrefix("voice.") })
  }

  // MARK: What ends a hold

  private func held() -> (scene: RelayScene, upstream: InMemoryConnection) {
    let (scene, upstream) = opened()
    upstream.receive(speech, words("What is the refund policy for shoes"), stop, commit)
    #expect(types(upstream) == ["session.update"])
    return (scene, upstream)
  }

  private func expectNoAnswer(_ scene: RelayScene, _ upstream: InMemoryConnection) {
    scene.session.retrieved(1, .success(passages))
    scene.loop.advanceTime(by: .seconds(1))
    #expect(!types(upstream).contains("response.create") && !types(upstream).contains("conversation.item.create"))
  }

  @Test func `a cancel during the hold ends it: there is no answer, and nothing to cancel upstream`() {
    let (scene, upstream) = held()
    scene.client.receive(#"{"type":"response.cancel"}"#)
    expectNoAnswer(scene, upstream)
    #expect(!types(upstream).contains("response.cancel"))
    // The next turn is answered as ever.
    upstream.receive(
      #"{"type":"input_audio_buffer.speech_started","item_id":"u2"}"#, #"{"type":"input_audio_buffer.speech_stopped","item_id":"u2"}"#,
      #"{"type":"input_audio_buffer.committed","item_id":"u2","previous_item_id":"u1"}"#)
    scene.loop.advanceTime(by: .milliseconds(201))
    #expect(types(upstream).last == "response.create")
  }

  @Test func `a cancel of an answer that is being made goes upstream`() {
    let (scene, upstream) = held()
    scene.session.retrieved(1, .success(passages))
    upstream.receive(#"{"type":"response.created","response":{"id":"r","conversation_id":"c"}}"#)
    scene.client.receive(#"{"type":"response.cancel"}"#)
    #expect(types(upstream).last == "response.cancel")
  }

  @Test func `a client that from now on asks itself ends the hold`() {
    let (scene, upstream) = held()
    scene.client.receive(
      #"{"type":"session.update","session":{"audio":{"input":{"turn_detection":{"type":"server_vad","create_response":false}}}}}"#)
    upstream.receive(Self.session("session.updated", createsResponses: false))
    scene.loop.advanceTime(by: .seconds(1))
    #expect(!types(upstream).contains("response.create"))
  }

  @Test func `a question that is deleted during the hold is not answered`() {
    let (scene, upstream) = held()
    upstream.receive(#"{"type":"conversation.item.deleted","item_id":"u1"}"#)
    expectNoAnswer(scene, upstream)
  }

  @Test(arguments: [true, false]) func `who commits by hand while speech is detected asks by hand, and in its own words`(isFound: Bool) {
    let (scene, upstream) = opened()
    upstream.receive(speech, words("What is the refund policy for shoes"))
    if isFound { scene.session.retrieved(1, .success(passages)) }
    scene.client.receive(
      #"{"type":"input_audio_buffer.commit"}"#, #"{"type":"response.create","event_id":"mine","response":{"instructions":"mine"}}"#)
    upstream.receive(commit)
    scene.loop.advanceTime(by: .milliseconds(200))
    upstream.receive(#"{"type":"response.created","response":{"id":"r","conversation_id":"c"}}"#)
    upstream.receive(#"{"type":"response.done","response":{"id":"r","conversation_id":"c"}}"#)
    let requests = upstream.sentText.filter { $0.contains("response.create\"") }
    #expect(requests.count == 1 && requests[0].contains("mine"))
  }

  // MARK: Typed

  @Test(arguments: [true, false]) func `context of a typed question goes in between it and the client's request`(hasVoiceEvents: Bool) {
    let (scene, upstream) = opened(hasVoiceEvents: hasVoiceEvents)
    scene.client.receive(
      #"{"type":"conversation.item.create","item":{"id":"t1","type":"message","role":"user","content":[{"type":"input_text","text":"what is the refund policy"}]}}"#,
      #"{"type":"response.create"}"#, #"{"type":"input_audio_buffer.clear"}"#)
    #expect(types(upstream) == ["session.update", "conversation.item.create"])
    scene.session.retrieved(1, .success(passages))
    #expect(
      types(upstream).dropFirst() == [
        "conversation.item.create", "conversation.item.create", "response.create", "input_audio_buffer.clear",
      ])
    #expect(upstream.sentText[2].contains("Refunds within 30 days."))
    #expect(scene.client.sentText.contains { $0.contains("voice.rag.context") && $0.contains(#""item_id":"t1""#) } == hasVoiceEvents)
  }

  @Test func `what a cancel finds waiting goes out before it`() {
    let (scene, upstream) = opened()
    scene.client.receive(
      #"{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"what is the refund policy"}]}}"#,
      #"{"type":"response.create"}"#, #"{"type":"response.cancel"}"#)
    #expect(types(upstream).dropFirst() == ["conversation.item.create", "response.create", "response.cancel"])
  }

  private struct SilentRetriever: ContextRetriever {
    func passages(for query: RetrievalQuery) async throws -> [Passage] {
      try await Task.sleep(for: .seconds(3_600))
      return []
    }
  }

  /// The worker of a session that ended with a query under way, whose client has not answered the close frame.
  private func workerOfEndedSession() -> RetrievalWorker? {
    let (scene, upstream) = opened()
    upstream.receive(speech, words("What is the refund policy for shoes"))
    let worker = scene.session.prefetch?.worker
    scene.client.receive(#"{"type":"voice.session.end"}"#)
    #expect(scene.session.prefetch != nil, "the client has not gone yet")
    return worker
  }

  @Test(.timeLimit(.minutes(1))) func `a query under way ends with the session, and waits for no close frame`() async throws {
    let worker = try #require(workerOfEndedSession())
    await worker.run(SilentRetriever()) { id, result in Issue.record("query \(id) is not wanted any more: \(result)") }
  }
}
