import NIOCore
import Testing

@testable import VoiceCore

/// The gateway's own settings, items and answers, between a client and an upstream that are played by the test.
struct ConversationTests {
  private static let created = """
    {"type":"session.created","session":{"type":"realtime","instructions":"Default.","audio":{"input":{"transcription":null,\
    "turn_detection":{"type":"server_vad","threshold":0.5,"create_response":true,"interrupt_response":true}}}}}
    """
  private static func updated(createResponse: Bool, transcription: String = #"{"model":"w"}"#) -> String {
    """
    {"type":"session.updated","session":{"instructions":"Own.\\n\\nBe brief.","odd":[1, 2],"audio":{"input":{"transcription":\(transcription),\
    "turn_detection":{"type":"server_vad","threshold":0.5,"create_response":\(createResponse),"interrupt_response":true}}}}}
    """
  }

  private struct Talk {
    var machine: ConversationStateMachine
    /// What went upstream and to the client, in order.
    var upstream: [String] = []
    var client: [String] = []
    var held: [String] = []

    init(_ policy: SessionPolicyConfiguration) {
      machine = ConversationStateMachine(policy: policy)
    }

    mutating func upstreamSays(_ json: String) {
      let bytes = ByteBuffer(string: json)
      var actions: [ConversationStateMachine.Action] = []
      guard case .event(let kind) = EventScanner.scanFirst(bytes) else { return }
      switch machine.upstreamSent(ControlEvent.server(kind, bytes), bytes, at: .uptimeNanoseconds(1), &actions) {
      case .pass: client.append(json)
      case .show(let other): client.append(String(buffer: other))
      case .hide: break
      }
      follow(actions)
    }

    mutating func clientSays(_ json: String) {
      let bytes = ByteBuffer(string: json)
      var actions: [ConversationStateMachine.Action] = []
      guard case .event(let kind) = EventScanner.scanWhole(bytes) else { return }
      let visibility = machine.clientSent(ControlEvent.client(kind, bytes), bytes, at: .uptimeNanoseconds(1), &actions)
      follow(actions)
      switch visibility {
      case .pass: upstream.append(json)
      case .show(let other): upstream.append(String(buffer: other))
      case .hide: break
      }
    }

    mutating func follow(_ actions: [ConversationStateMachine.Action]) {
      for action in actions {
        switch action {
        case .sendUpstream(let bytes): upstream.append(String(buffer: bytes))
        case .sendToClient(let bytes): client.append(String(buffer: bytes))
        case .hold(let item): held.append(item)
        case .replay(let message): upstream.append(String(buffer: message.bytes))
        case .sayAgain(let bytes): clientSays(String(buffer: bytes))
        case .answerCancelled: held.removeAll()
        case .committed, .answerBegan, .answerEnded, .contextLost, .runTool, .dropAudio, .responseEnded, .transcribed, .checkpoint, .failed:
          break
        }
      }
    }

    /// Upstream is lost, and another one says this first. Answers the number of items that it is given.
    mutating func isReplaced(_ created: String) -> Int {
      var actions: [ConversationStateMachine.Action] = []
      machine.upstreamLost(at: .uptimeNanoseconds(1), &actions)
      let settings = ByteBuffer(string: created).withJSON { $0.member("session").map { SessionSettings($0) } } ?? SessionSettings()
      let items = machine.upstreamReplaced(settings, &actions)
      follow(actions)
      return items
    }

    mutating func contextArrives(_ item: String, _ text: String?) {
      if let text { follow(machine.inject(context: 1, text)) }
      follow(machine.contextSettled(item: item))
    }
  }

  private static let prefetching = SessionPolicyConfiguration(instructions: "Own.", transcriptionModel: "w", holdsResponses: true)

  private func opened() -> Talk {
    var talk = Talk(Self.prefetching)
    talk.upstreamSays(Self.created)
    talk.upstreamSays(Self.updated(createResponse: false))
    return talk
  }

  @Test func `with nothing to ask for, every event passes as it came`() {
    var talk = Talk(SessionPolicyConfiguration())
    let update = #"{"type":"session.update","session":{"type":"realtime","audio":{"input":{"turn_detection":{"type":"server_vad"}}}}}"#
    talk.upstreamSays(Self.created)
    talk.clientSays(update)
    talk.upstreamSays(Self.updated(createResponse: true))
    #expect(talk.upstream == [update])
    #expect(talk.client == [Self.created, Self.updated(createResponse: true)])
  }

  @Test func `the gateway's own update follows session.created, and its echo stays hidden`() {
    let talk = opened()
    #expect(talk.client == [Self.created])
    #expect(talk.upstream.count == 1)
    let update = talk.upstream[0]
    #expect(update.contains(#""create_response":false"#) && update.contains(#""threshold":0.5"#))
    #expect(update.contains(#""transcription":{"model":"w"}"#) && update.contains(#""instructions":"Own.""#))
  }

  @Test func `a client's update is completed in place, unknown fields kept, and its echo shows its own wishes`() {
    var talk = opened()
    talk.clientSays(
      #"{"type":"session.update","event_id":"c1","session":{"odd":[1, 2],"instructions":"Be brief.","audio":{"input":{"transcription":{"model":"gpt-4o-transcribe","language":"fr"},"turn_detection":{"type":"semantic_vad"}}}}}"#
    )
    let sent = talk.upstream[1]
    #expect(sent.contains(#""odd":[1, 2]"#) && sent.contains(#""instructions":"Own.\n\nBe brief.""#))
    #expect(sent.contains(#""create_response":false"#) && sent.contains(#""transcription":{"model":"w","language":"fr"}"#))
    talk.upstreamSays(Self.updated(createResponse: false))
    let echo = talk.client.last!
    #expect(echo.contains(#""create_response":true"#) && echo.contains(#""instructions":"Be brief.""#))
    #expect(echo.contains(#""transcription":{"model":"gpt-4o-transcribe","language":"fr"}"#) && echo.contains(#""odd":[1, 2]"#))
  }

  @Test func `an echo names what upstream names, also where the client's own words left it out`() {
    var talk = opened()
    talk.clientSays(
      #"{"type":"session.update","event_id":"c1","session":{"audio":{"input":{"transcription":{"model":"gpt-4o-transcribe"}}}}}"#)
    talk.upstreamSays(
      #"{"type":"session.updated","session":{"audio":{"input":{"transcription":{"model":"w","language":null,"prompt":null},"turn_detection":null}}}}"#
    )
    #expect(talk.client.last!.contains(#""transcription":{"model":"gpt-4o-transcribe","language":null,"prompt":null}"#))
  }

  @Test func `an echo shows what was asked for up to its update, not what was asked for since`() {
    var talk = opened()
    for model in ["whisper-1", "gpt-4o-transcribe"] {
      talk.clientSays(#"{"type":"session.update","session":{"audio":{"input":{"transcription":{"model":"\#(model)"}}}}}"#)
    }
    for model in ["whisper-1", "gpt-4o-transcribe"] {
      talk.upstreamSays(Self.updated(createResponse: false))
      #expect(talk.client.last!.contains(#""transcription":{"model":"\#(model)"}"#))
    }
  }

  @Test func `an update that upstream refuses is the client's to hear of, and the server's own part stands`() {
    var talk = opened()
    talk.clientSays(#"{"type":"session.update","session":{"instructions":"too long"}}"#)
    #expect(talk.upstream[1].contains(#""event_id":"gw_upd_2""#))
    talk.upstreamSays(#"{"type":"error","error":{"code":"string_above_max_length","param":"session.instructions","event_id":"gw_upd_2"}}"#)
    #expect(talk.upstream.count == 2)
    #expect(
      talk.client.last == #"{"type":"error","error":{"code":"string_above_max_length","param":"session.instructions","event_id":null}}"#)
    talk.upstream = []
    #expect(talk.isReplaced(Self.created) == 0)
    #expect(talk.upstream[0].contains(#""instructions":"Own.""#) && !talk.upstream[0].contains("too long"))
  }

  @Test func `where upstream does not take the gateway's transcription the client's update goes out without it`() {
    var talk = opened()
    talk.clientSays(#"{"type":"session.update","session":{"instructions":"B","audio":{"input":{"transcription":{"model":"mine"}}}}}"#)
    talk.upstreamSays(
      #"{"type":"error","error":{"code":"invalid_value","param":"session.audio.input.transcription.model","event_id":"gw_upd_2"}}"#)
    #expect(talk.upstream[2].contains(#""instructions":"Own.\n\nB""#) && talk.upstream[2].contains(#""transcription":{"model":"mine"}"#))
    #expect(talk.client.count == 1)
    talk.upstreamSays(#"{"type":"error","error":{"code":"invalid_value","param":"session.x","event_id":"gw_upd_2"}}"#)
    #expect(talk.client.count == 2)
  }

  @Test func `context that is there goes in before the answer, hidden, and the chain is mended`() {
    var talk = opened()
    talk.upstreamSays(#"{"type":"input_audio_buffer.committed","item_id":"u1","previous_item_id":null}"#)
    #expect(talk.held == ["u1"])
    talk.contextArrives("u1", #"Say "hello""#)
    #expect(talk.upstream[1].contains(#""id":"gw_item_c1""#) && talk.upstream[1].contains(#"Say \"hello\""#))
    #expect(talk.upstream[2].contains(#""type":"response.create""#))
    talk.upstreamSays(#"{"type":"conversation.item.added","previous_item_id":"u1","item":{"id":"gw_item_c1"}}"#)
    talk.upstreamSays(#"{"type":"conversation.item.done","previous_item_id":"u1","item":{"id":"gw_item_c1"}}"#)
    talk.upstreamSays(#"{"type":"conversation.item.added","previous_item_id":"gw_item_c1","item":{"id":"a1"}}"#)
    #expect(talk.client.last == #"{"type":"conversation.item.added","previous_item_id":"u1","item":{"id":"a1"}}"#)
    #expect(!talk.client.contains { $0.contains("gw_item_c1") })
  }

  @Test func `without context the answer is asked for alone`() {
    var talk = opened()
    talk.upstreamSays(#"{"type":"input_audio_buffer.committed","item_id":"u1"}"#)
    talk.contextArrives("u1", nil)
    #expect(talk.upstream.count == 2)
  }

  @Test func `speech during the hold drops it`() {
    var talk = opened()
    talk.upstreamSays(#"{"type":"input_audio_buffer.committed","item_id":"u1"}"#)
    talk.upstreamSays(#"{"type":"input_audio_buffer.speech_started","item_id":"u2"}"#)
    talk.contextArrives("u1", nil)
    #expect(talk.upstream.count == 1)
  }

  @Test(arguments: [#"{"type":"server_vad","create_response":false}"#, "null"])
  func `a client that wants to ask itself keeps control`(detection: String) {
    var talk = opened()
    talk.clientSays(#"{"type":"session.update","session":{"audio":{"input":{"turn_detection":\#(detection)}}}}"#)
    talk.upstreamSays(
      #"{"type":"session.updated","session":{"audio":{"input":{"turn_detection":\#(detection),"transcription":null}}}}"#)
    talk.upstreamSays(#"{"type":"input_audio_buffer.committed","item_id":"u1"}"#)
    #expect(talk.held.isEmpty)
    #expect(talk.client.contains { $0.contains(#""turn_detection":\#(detection)"#) })
  }

  @Test func `transcripts that only the gateway asked for stay with it`() {
    var talk = opened()
    talk.upstreamSays(#"{"type":"conversation.item.input_audio_transcription.delta","item_id":"u1","delta":"hi"}"#)
    #expect(talk.client == [Self.created])
    talk.clientSays(#"{"type":"session.update","session":{"audio":{"input":{"transcription":{"model":"whisper-1"}}}}}"#)
    talk.upstreamSays(Self.updated(createResponse: false))
    talk.upstreamSays(#"{"type":"conversation.item.input_audio_transcription.delta","item_id":"u1","delta":"hi"}"#)
    #expect(talk.client.count == 3)
  }

  @Test func `errors about the gateway's own events are hidden, and a hidden id does not exist for the client`() {
    var talk = opened()
    talk.upstreamSays(#"{"type":"input_audio_buffer.committed","item_id":"u1"}"#)
    talk.contextArrives("u1", "text")
    talk.upstreamSays(#"{"type":"error","error":{"code":"conversation_already_has_active_response","event_id":"gw_resp_2"}}"#)
    #expect(talk.client.count == 2)
    talk.upstreamSays(#"{"type":"response.done","response":{"id":"r0","conversation_id":"c"}}"#)
    #expect(talk.upstream.last!.contains("response.create"))
    let before = talk.upstream.count
    talk.clientSays(#"{"type":"conversation.item.delete","event_id":"mine","item_id":"gw_item_1"}"#)
    #expect(talk.upstream.count == before)
    #expect(talk.client.last!.contains("item_delete_invalid_item_id") && talk.client.last!.contains(#""event_id":"mine""#))
  }

  @Test func `a model that is not allowed is left out of a client's update, and all else is kept`() {
    var talk = Talk(SessionPolicyConfiguration(allowedModels: ["m"]))
    talk.clientSays(#"{"type":"session.update","session":{"type":"realtime","m\u006fdel":"dear","voice":1}}"#)
    #expect(talk.upstream == [#"{"type":"session.update","session":{"type":"realtime","voice":1}}"#])
    talk.clientSays(#"{"type":"session.update","session":{"model":"m"}}"#)
    #expect(talk.upstream.last == #"{"type":"session.update","session":{"model":"m"}}"#)
  }

  @Test func `a model that is not allowed any more is left out of a stored session's settings, and all else is kept`() {
    var talk = Talk(SessionPolicyConfiguration(allowedModels: ["m"]))
    talk.machine.restore(StoredConversation(configuration: #"{"type":"realtime","model":"dear","voice":1}"#))
    talk.upstreamSays(#"{"type":"session.created","session":{"type":"realtime","model":"m"}}"#)
    #expect(talk.upstream.count == 1 && talk.upstream[0].contains(#""session":{"type":"realtime","voice":1}"#))
    #expect(talk.client.allSatisfy { !$0.contains("dear") })
  }

  @Test func `an error that names no event is hidden when it is about the gateway's item, and shown when it is about the client's`() {
    var talk = opened()
    func refused(_ item: String) -> String {
      """
      {"type":"error","error":{"code":"item_delete_invalid_item_id","event_id":null,      "message":"Error deleting item: the item with id '\(item)' does not exist."}}
      """
    }
    let before = talk.client.count
    talk.upstreamSays(refused("gw_item_9"))
    #expect(talk.client.count == before)
    talk.upstreamSays(refused("item_of_the_client"))
    #expect(talk.client.count == before + 1)
  }
}

extension ConversationTests {
  @Test func `a new upstream gets the client's settings and the items in order, and none of it shows`() {
    var talk = opened()
    talk.clientSays(#"{"type":"session.update","session":{"type":"realtime","instructions":"Be brief.","tools":[{"name":"t"}]}}"#)
    talk.clientSays(#"{"type":"session.update","session":{"type":"realtime","audio":{"output":{"voice":"marin"}}}}"#)
    talk.upstreamSays(Self.updated(createResponse: false))
    talk.upstreamSays(
      #"{"type":"conversation.item.done","previous_item_id":null,"item":{"id":"u1","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}}"#
    )
    talk.upstreamSays(
      #"{"type":"conversation.item.done","previous_item_id":"u1","item":{"id":"f1","type":"function_call","call_id":"c","name":"t","arguments":"{}"}}"#
    )
    talk.upstreamSays(Self.updated(createResponse: false))
    let seen = talk.client.count
    talk.upstream = []
    #expect(talk.isReplaced(Self.created) == 2)
    #expect(talk.upstream[0].contains(#""instructions":"Own.\n\nBe brief.""#) && talk.upstream[0].contains(#""tools":[{"name":"t"}]"#))
    #expect(talk.upstream[0].contains(#""voice":"marin""#) && talk.upstream[0].contains(#""create_response":false"#))
    #expect(talk.upstream[1].contains(#""item":{"id":"u1""#) && talk.upstream[2].contains(#""item":{"id":"f1""#))
    talk.upstreamSays(Self.updated(createResponse: false))
    talk.upstreamSays(#"{"type":"conversation.item.added","previous_item_id":null,"item":{"id":"u1"}}"#)
    talk.upstreamSays(#"{"type":"conversation.item.done","previous_item_id":null,"item":{"id":"u1"}}"#)
    talk.upstreamSays(#"{"type":"error","error":{"code":"invalid_value","event_id":"gw_rest_1"}}"#)
    #expect(talk.client.count == seen)
  }

  @Test func `settings are put on top of each other as the provider does`() {
    #expect(JSONMerge.merged(nil, with: #"{"a":1}"#) == #"{"a":1}"#)
    #expect(
      JSONMerge.merged(#"{"audio":{"b":1,"c":[1]},"d":2}"#, with: #"{"audio":{"c":null,"e":{}}}"#)
        == #"{"audio":{"b":1,"c":null,"e":{}},"d":2}"#)
    #expect(JSONMerge.merged(#"{"a":null}"#, with: #"{"a":{"b":1}}"#) == #"{"a":{"b":1}}"#)
  }
}
