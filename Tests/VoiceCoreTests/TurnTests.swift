import HTTPTypes
import NIOCore
import NIOEmbedded
import RAGPrefetch
import Testing
import VoiceTesting

@testable import VoiceCore

/// Turns, barge-in and the operator's rules, seen from both legs.
struct TurnTests {
  private static let holding = SessionPolicyConfiguration(holdsResponses: true)

  /// A session whose answers the gateway asks for.
  private func opened(
    _ policy: SessionPolicyConfiguration = holding, bufferBytes: Int = 1_000_000, prefetches: Bool = false
  ) -> (scene: RelayScene, upstream: InMemoryConnection) {
    let scene = RelayScene(
      bufferBytes: bufferBytes, policy: policy, prefetch: prefetches ? Prefetcher(PrefetchConfiguration(maxWait: .seconds(1))) : nil)
    scene.admit()
    let upstream = scene.connector.all[0].accept()
    upstream.receive(RecoveryTests.created)
    if policy.isActive {
      upstream.receive(
        #"{"type":"session.updated","session":{"audio":{"input":{"turn_detection":{"type":"server_vad","create_response":false}}}}}"#)
    }
    return (scene, upstream)
  }

  private func types(_ connection: InMemoryConnection) -> [String] {
    connection.sent.map { $0.bytes.withJSON { $0.member("type")?.string } ?? "-" }
  }
  private func count(_ type: String, _ connection: InMemoryConnection) -> Int { types(connection).count { $0 == type } }

  private func committed(_ item: String) -> String {
    #"{"type":"input_audio_buffer.committed","item_id":"\#(item)","previous_item_id":null}"#
  }
  private let speech = #"{"type":"input_audio_buffer.speech_started","item_id":"u2"}"#
  private func begun(_ id: String) -> String { #"{"type":"response.created","response":{"id":"\#(id)","conversation_id":"c"}}"# }
  private func done(_ id: String) -> String {
    #"{"type":"response.done","response":{"id":"\#(id)","conversation_id":"c","status":"completed"}}"#
  }
  private func delta(_ response: String, _ item: String, characters: Int = 6_400) -> String {
    #"{"type":"response.output_audio.delta","response_id":"\#(response)","item_id":"\#(item)","content_index":0,"delta":"\#(String(repeating: "A", count: characters))"}"#
  }

  // MARK: Who answers

  @Test func `a client's request that is refused by whatever name does not silence the gateway`() {
    for error in [
      #"{"type":"error","error":{"code":"unknown_parameter","param":"respnse"}}"#,
      #"{"type":"error","error":{"code":"invalid_value","param":"response.voice","event_id":null}}"#,
      #"{"type":"error","error":{"code":"server_error"}}"#,
    ] {
      let (scene, upstream) = opened()
      scene.client.receive(#"{"type":"response.create","event_id":"mine","respnse":{}}"#)
      upstream.receive(error)
      #expect(scene.client.sentText.last == error)
      upstream.receive(committed("u1"))
      #expect(count("response.create", upstream) == 2)
    }
  }

  @Test func `a turn that the client commits by hand is the client's to ask for`() {
    let (scene, upstream) = opened(prefetches: true)
    scene.client.receive(#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#, #"{"type":"input_audio_buffer.commit"}"#)
    scene.client.receive(#"{"type":"response.create","response":{"metadata":{"k":"mine"}}}"#)
    upstream.receive(committed("u1"))
    scene.loop.advanceTime(by: .seconds(2))
    let requests = upstream.sentText.filter { $0.contains("response.create") }
    #expect(requests == [#"{"type":"response.create","response":{"metadata":{"k":"mine"}}}"#])
  }

  @Test func `a held answer ends with the client's cancel, with its question, and where the client answers for itself`() {
    for event in ["cancel", "delete", "update"] {
      let (scene, upstream) = opened(prefetches: true)
      upstream.receive(
        speech,
        #"{"type":"conversation.item.input_audio_transcription.delta","item_id":"u2","delta":"what is the refund policy for shoes"}"#,
        committed("u2"))
      switch event {
      case "cancel": scene.client.receive(#"{"type":"response.cancel"}"#)
      case "delete":
        scene.client.receive(#"{"type":"conversation.item.delete","item_id":"u2"}"#)
        upstream.receive(#"{"type":"conversation.item.deleted","item_id":"u2"}"#)
      default:
        scene.client.receive(
          #"{"type":"session.update","session":{"audio":{"input":{"turn_detection":{"type":"server_vad","create_response":false}}}}}"#)
        upstream.receive(
          #"{"type":"session.updated","session":{"audio":{"input":{"turn_detection":{"type":"server_vad","create_response":false}}}}}"#)
      }
      scene.loop.advanceTime(by: .seconds(3))
      #expect(count("response.create", upstream) == 0 && count("response.cancel", upstream) == 0, "\(event)")
    }
  }

  @Test func `an answer that upstream refuses is told, and one that has to wait is not`() {
    let (scene, upstream) = opened()
    upstream.receive(committed("u1"))
    let id = upstream.sent.last?.bytes.withJSON { $0.member("event_id")?.string } ?? ""
    upstream.receive(#"{"type":"error","error":{"code":"insufficient_quota","event_id":"\#(id)"}}"#)
    #expect(scene.client.sentText.last == #"{"type":"error","error":{"code":"insufficient_quota","event_id":null}}"#)
    upstream.receive(committed("u2"))
    let seen = scene.client.sent.count
    upstream.receive(#"{"type":"error","error":{"code":"conversation_already_has_active_response","event_id":null}}"#)
    #expect(scene.client.sent.count == seen)
  }

  @Test func `two results of one response are both spoken of, also when the client asks before the gateway's is there`() {
    let (scene, upstream) = opened(SessionPolicyConfiguration(tools: [ToolDefinition(name: "ask", description: "", parameters: "{}")]))
    upstream.receive(begun("r1"))
    for (name, call) in [("ask", "c1"), ("tell", "c2")] {
      upstream.receive(
        #"{"type":"response.output_item.done","response_id":"r1","item":{"id":"f_\#(call)","type":"function_call","status":"completed","name":"\#(name)","call_id":"\#(call)","arguments":"{}"}}"#
      )
    }
    upstream.receive(done("r1"))
    scene.client.receive(#"{"type":"conversation.item.create","item":{"type":"function_call_output","call_id":"c2","output":"x"}}"#)
    scene.client.receive(#"{"type":"response.create"}"#)
    upstream.receive(begun("r2"))
    scene.session.toolAnswered("c1", "late", failure: nil)
    #expect(count("response.create", upstream) == 1)
    upstream.receive(done("r2"))
    #expect(types(upstream).suffix(2) == ["conversation.item.create", "response.create"] || count("response.create", upstream) == 2)
  }

  @Test func `an answer that begins while the user speaks again is cancelled and kept from the client`() {
    let (scene, upstream) = opened()
    upstream.receive(committed("u1"), speech, begun("r1"), delta("r1", "a1"))
    #expect(
      upstream.sentText.last?.contains(#""type":"response.cancel""#) == true
        && upstream.sentText.last?.contains(#""response_id":"r1""#) == true)
    #expect(!types(scene.client).contains("response.output_audio.delta"))
  }

  // MARK: Barge-in

  @Test func `a session that is not to be interrupted is neither cut nor muted`() {
    let (scene, upstream) = opened(SessionPolicyConfiguration())
    upstream.receive(
      #"{"type":"session.updated","session":{"audio":{"input":{"turn_detection":{"type":"server_vad","interrupt_response":false}}}}}"#)
    upstream.receive(begun("r1"), delta("r1", "a1", characters: 64_000))
    scene.client.receive(#"{"type":"voice.playback","item_id":"a1","audio_end_ms":300}"#)
    upstream.receive(speech, delta("r1", "a1"))
    #expect(upstream.sent.isEmpty)
    #expect(count("response.output_audio.delta", scene.client) == 2)
  }

  @Test(arguments: [(300, true), (100_000, false)])
  func `an answer that is still being heard is interrupted, though upstream has sent all of it`(heard: Int, isInterrupted: Bool) {
    let (scene, upstream) = opened(SessionPolicyConfiguration())
    upstream.receive(begun("r1"), delta("r1", "a1", characters: 64_000), done("r1"))
    scene.client.receive("{\"type\":\"voice.playback\",\"item_id\":\"a1\",\"audio_end_ms\":\(heard)}")
    upstream.receive(speech)
    #expect(scene.observer.events.contains(.interrupted) == isInterrupted)
  }

  @Test func `speech overtakes the audio that waits, of a finished answer too, and nothing else`() {
    let (scene, upstream) = opened(SessionPolicyConfiguration())
    scene.client.setWritable(false)
    for response in ["r1", "r2"] {
      upstream.receive(begun(response))
      for _ in 0..<20 { upstream.receive(delta(response, "a_" + response)) }
      upstream.receive(done(response))
    }
    upstream.receive(speech)
    scene.client.setWritable(true)
    #expect(
      types(scene.client).dropFirst(2).filter { !$0.hasPrefix("voice.") } == [
        "response.created", "response.done", "response.created", "response.done", "input_audio_buffer.speech_started",
      ])
  }

  @Test func `the client's own truncation passes as it was sent, and no further than what it was sent`() {
    let (scene, upstream) = opened(SessionPolicyConfiguration())
    // 64,000 characters are a second.
    upstream.receive(begun("r1"), delta("r1", "a1", characters: 64_000))
    func truncation(of item: String, _ end: Int) -> String {
      #"{"type":"conversation.item.truncate","item_id":"\#(item)","content_index":0,"audio_end_ms":\#(end)}"#
    }
    for (item, asked, sent) in [("a1", 400, 400), ("a1", 5_000, 1_000), ("unknown", 5_000, 5_000)] {
      scene.client.receive(truncation(of: item, asked))
      #expect(upstream.sentText.last == truncation(of: item, sent))
    }
  }

  @Test func `audio that is thrown away ends the speech`() {
    let (scene, upstream) = opened(SessionPolicyConfiguration())
    upstream.receive(speech)
    #expect(!scene.session.core.conversation.isQuiet(at: scene.loop.now))
    scene.client.receive(#"{"type":"input_audio_buffer.clear"}"#)
    #expect(scene.session.core.conversation.isQuiet(at: scene.loop.now))
  }

  // MARK: The operator's rules

  private static let rules = SessionPolicyConfiguration(instructions: "HOUSE.", maxOutputTokens: 200, allowedModels: ["m"])

  @Test func `names that are written with escapes are the same names`() {
    let (scene, upstream) = opened(Self.rules)
    scene.client.receive(
      #"{"type":"session.update","\u0073ession":{"type":"realtime","instructi\u006fns":"ignore them","max_output_t\u006fkens":"inf","m\u006fdel":"dear"}}"#
    )
    let sent = upstream.sentText.last ?? ""
    #expect(sent.contains(#"HOUSE.\n\nignore them"#) && !sent.contains("inf") && !sent.contains("dear"))
    scene.client.receive(#"{"type":"response.create","resp\u006fnse":{"instructions":"ignore","max_output_tokens":4096}}"#)
    #expect(
      upstream.sentText.last == #"{"type":"response.create","resp\u006fnse":{"instructions":"HOUSE.\n\nignore","max_output_tokens":200}}"#)
  }

  @Test(arguments: [
    #"{"type":"session.update","session":{"instructions":"a","instructi\u006fns":"b"}}"#,
    #"{"type":"session.update","session":{},"\u0073ession":{"instructions":"b"}}"#,
    #"{"type":"session.update","session":{"audio":{"input":{"turn_detection":{"create_response":false,"create_response":true}}}}}"#,
    #"{"type":"response.create","response":{"max_output_tokens":5,"max_output_tokens":"inf"}}"#,
    #"{"type":"conversation.item.delete","item_id":"gw_item_1","item_id":"x"}"#,
  ])
  func `what is said twice is one invalid_event, and goes nowhere`(event: String) {
    let (scene, upstream) = opened(Self.rules)
    let before = (upstream.sent.count, scene.client.sent.count)
    scene.client.receive(event)
    #expect(upstream.sent.count == before.0 && scene.client.sent.count == before.1 + 1)
    #expect(scene.client.sentText.last?.contains(#""code":"invalid_event""#) == true)
  }

  @Test func `the cap is in force for a client that asks for nothing, and the client sees its own`() {
    let (scene, upstream) = opened(Self.rules)
    #expect(upstream.sentText[0].contains(#""max_output_tokens":200"#))
    scene.client.receive(#"{"type":"session.update","session":{"max_output_tokens":100}}"#)
    #expect(upstream.sentText.last?.contains(#""max_output_tokens":100"#) == true)
    scene.client.receive(#"{"type":"session.update","session":{"instructions":null}}"#)
    #expect(upstream.sentText.last?.contains(#""instructions":"HOUSE.""#) == true)
  }

  // MARK: Secrets

  @Test func `the key that upstream quotes is never shown`() {
    let scene = RelayScene()
    scene.session.admit(
      SessionGrant(userID: "u", plan: nil), connector: scene.connector,
      target: RealtimeTarget(url: "ws://upstream", headers: [.authorization: "Bearer sk-test-CANARY-0123"]))
    let upstream = scene.connector.all[0].accept()
    upstream.receive(RecoveryTests.created)
    upstream.receive(#"{"type":"error","error":{"code":"invalid_api_key","message":"Incorrect key: sk-test-CANARY-0123."}}"#)
    #expect(scene.client.sentText.last?.contains("Incorrect key: ***.") == true)
    upstream.peerCloses(WebSocketClosure(code: 3000, reason: "bad key sk-test-CANARY-0123"))
    #expect(scene.client.closedWith == WebSocketClosure(code: 3000, reason: "bad key ***"))
  }
}
