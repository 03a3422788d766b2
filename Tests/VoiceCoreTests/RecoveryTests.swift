import NIOCore
import NIOEmbedded
import Testing
import VoiceTesting

@testable import VoiceCore

/// What an upstream that takes the place of a lost one is told.
struct RecoveryTests {
  /// As the provider has it: its own defaults in every `session.created`.
  static let created = """
    {"type":"session.created","session":{"type":"realtime","model":"gpt-realtime-2.1","instructions":"provider default","tools":[],\
    "max_output_tokens":"inf","audio":{"input":{"format":{"type":"audio/pcm","rate":24000},"transcription":null,\
    "turn_detection":{"type":"server_vad","threshold":0.5,"create_response":true,"interrupt_response":true}},\
    "output":{"format":{"type":"audio/pcm","rate":24000},"voice":"alloy"}}}}
    """

  private final class Call {
    let scene: RelayScene
    private(set) var upstream: InMemoryConnection

    init(_ policy: SessionPolicyConfiguration = .init(), hasVoiceEvents: Bool = true) {
      scene = RelayScene(hasVoiceEvents: hasVoiceEvents, bufferBytes: 1_000_000, policy: policy)
      scene.admit()
      upstream = scene.connector.all[0].accept()
      upstream.receive(RecoveryTests.created)
    }

    func says(_ events: String...) { for event in events { scene.client.receive(event) } }
    func hears(_ events: String...) { for event in events { upstream.receive(event) } }

    /// An update of the client's that upstream takes.
    func updates(_ session: String, echo: String? = nil) {
      says(#"{"type":"session.update","session":\#(session)}"#)
      hears(#"{"type":"session.updated","session":\#(echo ?? session)}"#)
    }

    /// Upstream is lost; answers what the next one is told.
    func isRedialled() -> [String] {
      upstream.peerCloses(.abnormal)
      scene.loop.advanceTime(by: .seconds(1))
      upstream = scene.connector.all.last!.accept()
      upstream.receive(RecoveryTests.created)
      return upstream.sentText
    }

    var client: [String] { scene.client.sentText }
  }

  private func type(_ event: String) -> String { ByteBuffer(string: event).withJSON { $0.member("type")?.string } ?? "-" }
  private func session(_ event: String) -> String { ByteBuffer(string: event).withJSON { $0.member("session")?.json } ?? "-" }

  private let question =
    #"{"type":"conversation.item.create","item":{"id":"q1","type":"message","role":"user","content":[{"type":"input_text","text":"What is 2+2?"}]}}"#

  // MARK: What the client said

  @Test func `an item and a request that upstream had not confirmed are said again as they were, in order`() {
    let call = Call()
    let request = #"{"type":"response.create","event_id":"c1","response":{"output_modalities":["text"],"metadata":{"k":"v"}}}"#
    call.says(question, request)
    #expect(call.isRedialled() == [question, request])
    // And once more, as long as it is not confirmed.
    #expect(call.isRedialled() == [question, request])
  }

  @Test func `what upstream confirmed comes back as an item, and is not said again`() {
    let call = Call()
    call.says(question)
    call.hears(
      #"{"type":"conversation.item.added","previous_item_id":null,"item":{"id":"q1","type":"message","role":"user","content":[{"type":"input_text","text":"What is 2+2?"}]}}"#
    )
    let told = call.isRedialled()
    #expect(told.count == 1 && told[0].contains(#""event_id":"gw_rest_"#) && told[0].contains(#""id":"q1""#))
  }

  @Test func `what upstream refused is not said again, by whatever its error names it`() {
    for error in [
      #"{"type":"error","error":{"code":"invalid_value","param":"response.voice","event_id":"c1"}}"#,
      #"{"type":"error","error":{"code":"invalid_value","param":"response.voice","event_id":null}}"#,
      #"{"type":"error","error":{"code":"unknown_parameter","param":"respnse"}}"#,
    ] {
      let call = Call()
      call.says(#"{"type":"response.create","event_id":"c1","response":{"voice":"none"}}"#)
      call.hears(error)
      #expect(call.client.last == error)
      #expect(call.isRedialled().isEmpty)
    }
  }

  @Test func `a response that was begun is ended for the client, and asked for again as the client asked`() {
    let call = Call()
    let request = #"{"type":"response.create","response":{"metadata":{"k":"v"}}}"#
    call.says(request)
    call.hears(#"{"type":"response.created","response":{"id":"r1","conversation_id":"c","metadata":{"k":"v"}}}"#)
    #expect(call.isRedialled() == [request])
    #expect(call.client.contains { $0.contains("upstream_lost") && $0.contains(#""id":"r1""#) && $0.contains(#""metadata":{"k":"v"}"#) })
  }

  @Test func `a response out of band is asked for again before it begins, and ended after`() {
    let begun = Call()
    let request = #"{"type":"response.create","response":{"conversation":"none","metadata":{"k":"oob"}}}"#
    begun.says(request)
    begun.hears(#"{"type":"response.created","response":{"id":"o1","conversation_id":null,"metadata":{"k":"oob"}}}"#)
    #expect(begun.isRedialled().isEmpty)
    #expect(begun.client.contains { $0.contains("upstream_lost") && $0.contains(#""metadata":{"k":"oob"}"#) })
    let waiting = Call()
    waiting.says(request)
    #expect(waiting.isRedialled() == [request])
  }

  @Test func `an update in flight is made again, and acknowledged`() {
    let call = Call()
    let update = #"{"type":"session.update","event_id":"e1","session":{"type":"realtime","instructions":"A"}}"#
    call.says(update)
    #expect(call.isRedialled() == [update])
    call.hears(#"{"type":"session.updated","session":{"instructions":"A"}}"#)
    #expect(call.client.last == #"{"type":"session.updated","session":{"instructions":"A"}}"#)
  }

  @Test(arguments: ["null", #"{"model":"gpt-4o-transcribe"}"#])
  func `a push-to-talk turn is committed and asked for again, whatever a new upstream's defaults are`(transcription: String) {
    let call = Call()
    call.updates(#"{"audio":{"input":{"turn_detection":null,"transcription":\#(transcription)}}}"#)
    let append = #"{"type":"input_audio_buffer.append","audio":"AAAA"}"#
    let commit = #"{"type":"input_audio_buffer.commit"}"#
    call.says(append, commit, #"{"type":"response.create"}"#)
    call.hears(#"{"type":"input_audio_buffer.committed","item_id":"i1","previous_item_id":null}"#)
    let told = call.isRedialled()
    #expect(Array(told.dropFirst()) == [append, commit, #"{"type":"response.create"}"#])
    call.hears(#"{"type":"input_audio_buffer.committed","item_id":"i2","previous_item_id":null}"#)
    #expect(call.upstream.sent.count == 4)
  }

  @Test(arguments: ["null", #"{"type":"server_vad","create_response":false}"#])
  func `a dictation gets no answer from a new upstream, and is quiet`(detection: String) {
    let call = Call()
    call.updates(#"{"audio":{"input":{"turn_detection":\#(detection)}}}"#)
    if detection == "null" { call.says(#"{"type":"input_audio_buffer.commit"}"#) }
    call.hears(#"{"type":"input_audio_buffer.committed","item_id":"i1","previous_item_id":null}"#)
    #expect(call.scene.session.core.conversation.isQuiet(at: call.scene.loop.now))
    #expect(!call.isRedialled().contains { $0.contains("response.create") })
  }

  // MARK: Settings

  @Test func `a refused update leaves no trace, nor does one without a session`() {
    let call = Call()
    call.updates(#"{"instructions":"A","audio":{"output":{"voice":"marin"}}}"#)
    for broken in [#"{"bogus":1}"#, "null", "7"] {
      call.says(#"{"type":"session.update","session":\#(broken)}"#)
      call.hears(#"{"type":"error","error":{"code":"invalid_value","param":"session.bogus","event_id":null}}"#)
    }
    #expect(session(call.isRedialled()[0]) == #"{"instructions":"A","audio":{"output":{"voice":"marin"}}}"#)
  }

  @Test func `of two updates at once the one that is refused takes nothing of the other back`() {
    let call = Call(SessionPolicyConfiguration(instructions: "OWN."))
    call.hears(#"{"type":"session.updated","session":{"instructions":"OWN."}}"#)
    call.says(#"{"type":"session.update","event_id":"e1","session":{"audio":{"output":{"voice":"bad"}}}}"#)
    call.says(#"{"type":"session.update","event_id":"e2","session":{"instructions":"B","tools":[{"type":"function","name":"t"}]}}"#)
    call.hears(#"{"type":"error","error":{"code":"invalid_value","param":"session.audio.output.voice","event_id":"e1"}}"#)
    call.hears(#"{"type":"session.updated","session":{"instructions":"OWN.\n\nB"}}"#)
    #expect(call.client.last == #"{"type":"session.updated","session":{"instructions":"B"}}"#)
    let told = call.isRedialled()
    #expect(told[0].contains(#""instructions":"OWN.\n\nB""#) && told[0].contains(#""name":"t""#) && !told[0].contains("bad"))
  }

  @Test func `settings that have kinds are replaced, not merged`() {
    let call = Call()
    call.updates(#"{"audio":{"input":{"turn_detection":{"type":"server_vad","threshold":0.9}}}}"#)
    call.updates(#"{"audio":{"input":{"turn_detection":{"type":"semantic_vad","eagerness":"low"}}}}"#)
    #expect(session(call.isRedialled()[0]) == #"{"audio":{"input":{"turn_detection":{"type":"semantic_vad","eagerness":"low"}}}}"#)
  }

  @Test func `a restore that is refused gives up what was refused, and nothing else of the client's settings`() {
    let call = Call()
    call.updates(#"{"instructions":"A","audio":{"input":{"transcription":{"model":"m"}},"output":{"voice":"marin"}}}"#)
    _ = call.isRedialled()
    call.hears(
      #"{"type":"error","error":{"code":"invalid_value","param":"session.audio.input.transcription.model","event_id":"gw_upd_2"}}"#)
    // The client's own update had a name of the gateway's, too.
    let again = call.upstream.sentText.last ?? ""
    #expect(again.contains(#""instructions":"A""#) && again.contains("marin") && !again.contains(#""model":"m""#))
    let seen = call.client.count
    call.hears(#"{"type":"session.updated","session":{"instructions":"A"}}"#)
    #expect(call.client.count == seen)
  }

  // MARK: Tools

  private static let tool = SessionPolicyConfiguration(tools: [ToolDefinition(name: "book", description: "", parameters: "{}")])

  private func calls(_ call: Call) {
    let item = #"{"id":"f1","type":"function_call","status":"completed","name":"book","call_id":"c1","arguments":""}"#
    call.hears(
      #"{"type":"session.updated","session":{}}"#, #"{"type":"response.created","response":{"id":"r1","conversation_id":"c"}}"#,
      #"{"type":"conversation.item.added","previous_item_id":null,"item":\#(item)}"#,
      #"{"type":"conversation.item.done","previous_item_id":null,"item":\#(item)}"#,
      #"{"type":"response.output_item.done","response_id":"r1","item":\#(item)}"#,
      #"{"type":"response.done","response":{"id":"r1","conversation_id":"c","status":"completed","output":[\#(item)]}}"#)
  }

  @Test func `the gateway's own calls and their outputs come back, hidden`() {
    let call = Call(Self.tool)
    calls(call)
    call.scene.session.toolAnswered("c1", "table 9", failure: nil)
    let told = call.isRedialled()
    #expect(told.map(type).contains("response.create"))
    #expect(told[1].contains(#""type":"function_call","call_id":"c1","name":"book","arguments":"{}""#))
    #expect(told[2].contains(#""type":"function_call_output","call_id":"c1","output":"table 9""#))
    #expect(!call.client.contains { $0.contains("book") || $0.contains("table 9") })
  }

  @Test func `a call that still runs when upstream is lost is not run again, and its output goes to the next one`() {
    let call = Call(Self.tool)
    calls(call)
    #expect(!call.scene.session.core.conversation.isQuiet(at: call.scene.loop.now))
    let told = call.isRedialled()
    #expect(told.map(type) == ["session.update", "conversation.item.create"])
    call.scene.session.toolAnswered("c1", "table 9", failure: nil)
    #expect(call.upstream.sentText.suffix(2).map(type) == ["conversation.item.create", "response.create"])
  }

  @Test func `an output that comes while upstream is away goes to the next one with all the rest`() {
    let call = Call(Self.tool)
    calls(call)
    call.upstream.peerCloses(.abnormal)
    call.scene.session.toolAnswered("c1", "table 9", failure: nil)
    #expect(call.isRedialled().map(type) == ["session.update", "conversation.item.create", "conversation.item.create", "response.create"])
  }

  // MARK: Answers that are text

  @Test func `the client's truncation of an answer that came back as text is confirmed, and holds for the next upstream`() {
    let call = Call()
    call.hears(
      #"{"type":"conversation.item.done","previous_item_id":null,"item":{"id":"a1","type":"message","role":"assistant","content":[{"type":"output_audio","transcript":"one two three four five"}]}}"#
    )
    _ = call.isRedialled()
    let seen = call.client.count
    call.says(#"{"type":"conversation.item.truncate","item_id":"a1","content_index":0,"audio_end_ms":600}"#)
    #expect(type(call.client.last ?? "") == "conversation.item.truncated")
    // The provider truncates no text: the item is put back shorter, and the client sees nothing of that.
    let told = call.upstream.sentText.suffix(2)
    #expect(told.map(type) == ["conversation.item.delete", "conversation.item.create"])
    #expect(told.last?.contains(#""previous_item_id":"root""#) == true && told.last?.contains("one") == true)
    #expect(told.last?.contains("three") == false)
    let item = #"{"id":"a1","type":"message","role":"assistant","content":[{"type":"output_text","text":"one"}]}"#
    call.hears(
      #"{"type":"conversation.item.deleted","item_id":"a1"}"#,
      #"{"type":"conversation.item.added","previous_item_id":null,"item":\#(item)}"#,
      #"{"type":"conversation.item.done","previous_item_id":null,"item":\#(item)}"#)
    #expect(call.client.count == seen + 1)
    #expect(!call.isRedialled()[0].contains("three"))
  }

  @Test func `a cut that upstream had not confirmed holds for the next one, the client's and the gateway's`() {
    for isGateways in [false, true] {
      let call = Call()
      call.hears(
        #"{"type":"response.created","response":{"id":"r1","conversation_id":"c"}}"#,
        #"{"type":"response.output_audio.delta","response_id":"r1","item_id":"a1","content_index":0,"delta":"\#(String(repeating: "A", count: 128_000))"}"#,
        #"{"type":"conversation.item.done","previous_item_id":null,"item":{"id":"a1","type":"message","role":"assistant","content":[{"type":"output_audio","transcript":"one two three four five six seven eight"}]}}"#
      )
      if isGateways {
        call.says(#"{"type":"voice.playback","item_id":"a1","audio_end_ms":500}"#)
        call.hears(#"{"type":"input_audio_buffer.speech_started","item_id":"u"}"#)
      } else {
        call.says(#"{"type":"conversation.item.truncate","item_id":"a1","content_index":0,"audio_end_ms":500}"#)
      }
      #expect(call.upstream.sentText.last.map(type) == "conversation.item.truncate")
      let restored = call.isRedialled().first { $0.contains("one") }
      #expect(restored?.contains("two") == true && restored?.contains("five") == false)
    }
  }

  // MARK: Answers that are not asked for again

  @Test func `an answer that the client cancelled is not asked for again, whoever asked for it`() {
    for isClients in [false, true] {
      let call = Call()
      if isClients { call.says(#"{"type":"response.create","event_id":"c1"}"#) }
      call.hears(#"{"type":"response.created","response":{"id":"r1","conversation_id":"c"}}"#)
      call.says(#"{"type":"response.cancel"}"#)
      #expect(call.isRedialled().isEmpty)
    }
  }

  @Test func `a client that asks for an answer while upstream is away gets that one alone`() {
    let call = Call()
    call.hears(#"{"type":"response.created","response":{"id":"r1","conversation_id":"c"}}"#)
    call.upstream.peerCloses(.abnormal)
    let request = #"{"type":"response.create","event_id":"c1","response":{"metadata":{"k":"v"}}}"#
    call.says(request)
    #expect(call.isRedialled() == [request])
  }

  @Test func `a tool's output is no earlier than what it answers: nothing goes to an upstream that has not greeted`() {
    let call = Call(Self.tool)
    calls(call)
    call.upstream.peerCloses(.abnormal)
    call.scene.loop.advanceTime(by: .seconds(1))
    let next = call.scene.connector.all.last!.accept()
    call.scene.session.toolAnswered("c1", "table 9", failure: nil)
    #expect(next.sent.isEmpty)
    next.receive(Self.created)
    #expect(next.sentText.map(type) == ["session.update", "conversation.item.create", "conversation.item.create", "response.create"])
  }

  // MARK: What is the gateway's waits for no upstream

  @Test func `a client is answered, refreshed and let go while upstream is away`() {
    let call = Call()
    call.upstream.peerCloses(.abnormal)
    call.says(#"{"type":"ping","event_id":"p"}"#)
    #expect(call.client.last?.contains(#""pong""#) == true)
    call.says(#"{"type":"voice.token.refresh","token":"t2"}"#)
    #expect(call.scene.session.owner.take() != nil)
    call.says(#"{"type":"voice.session.end"}"#)
    #expect(call.scene.client.closedWith == CloseReason.sessionEnded.closure)
  }

  @Test func `a call outside of the conversation is the client's: it is shown, and not run`() {
    let call = Call(Self.tool)
    call.says(#"{"type":"response.create","response":{"conversation":"none"}}"#)
    call.hears(
      #"{"type":"session.updated","session":{}}"#, #"{"type":"response.created","response":{"id":"o1","conversation_id":null}}"#,
      #"{"type":"response.output_item.done","response_id":"o1","item":{"id":"f1","type":"function_call","status":"completed","call_id":"c1","name":"book","arguments":"{}"}}"#
    )
    #expect(call.client.last?.contains("function_call") == true)
    call.scene.session.toolAnswered("c1", "x", failure: nil)
    #expect(!call.upstream.sentText.contains { $0.contains("function_call_output") })
  }

  // MARK: The token

  @Test func `a token that is refreshed while upstream is away counts`() {
    let call = Call()
    call.upstream.peerCloses(.abnormal)
    call.scene.session.tokenRefreshed(expiresAt: UnixTime(seconds: 1_002))
    _ = call.isRedialled()
    call.scene.loop.advanceTime(by: .seconds(3))
    #expect(call.scene.client.closedWith == CloseReason.tokenExpired.closure)
  }
}
