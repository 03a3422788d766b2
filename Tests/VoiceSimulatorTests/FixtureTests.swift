import NIOCore
import Testing
import VoiceCore

@testable import VoiceSimulator

/// The client's side of each recorded sequence is played to the simulator: the server's side comes back in the same order.
struct FixtureTests {
  /// What a sequence needs to come back: words, and times as the recording has them.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var script: [SimulatorTurn] = []
    var isTranscription = false
    /// Sessions that were set up before the recording begins.
    var isWithoutAnswers = false
    var firstAudio = Duration.milliseconds(350)
    /// Where the recording leaves out the sound that is heard.
    var speaksAgainAt: Double?
    var testDescription: String { name }
  }

  /// Time is the recording's own. Ids that the client got from the server are those that it got here.
  private func play(_ test: Case, _ fixture: Fixture) -> SimulatedClient {
    var configuration = SimulatorConfiguration()
    configuration.script = test.script
    configuration.firstAudioDelay = test.firstAudio
    var opening = SimulatorOpening(model: test.isTranscription ? nil : "gpt-realtime-2.1", key: Secret("key"))
    opening.isTranscription = test.isTranscription
    var client = SimulatedClient(configuration, opening: opening)
    if test.isWithoutAnswers {
      client.update(["audio": ["input": ["turn_detection": ["type": "server_vad", "create_response": false]]]])
      client.forgetEvent("session.updated")
    }
    var soundAt = test.speaksAgainAt ?? .infinity
    for line in fixture.clientLines {
      if soundAt < line.milliseconds {
        client.pass(untilMilliseconds: soundAt)
        client.append(milliseconds: 100, isLoud: true)
        soundAt = .infinity
      }
      client.pass(untilMilliseconds: line.milliseconds)
      var text = line.text ?? ""
      let given = Fixture.ids(client.events)
      for (kind, ids) in Fixture.ids(fixture.serverEvents(before: line.milliseconds)) {
        for (old, new) in zip(ids, given[kind] ?? []) { text = text.replacing(old, with: new) }
      }
      client.send(text: text, isText: !line.isBinary)
    }
    client.pass(untilMilliseconds: fixture.milliseconds + 3_000)
    return client
  }

  private static let story = SimulatorTurn(
    assistant: "Once upon a time, in a quiet village, there lived a clockmaker who mended everything.")
  private static let refund = SimulatorTurn(
    user: "What is the refund policy for opened items?", assistant: "Fourteen days, with a receipt, for all opened items.")
  private static let hello = SimulatorTurn(user: "Hello from the gateway probe.", assistant: "Hello! How can I help?")

  static let cases: [Case] = [
    Case(name: "01"), Case(name: "02", script: [hello]), Case(name: "03", script: [hello]), Case(name: "04", script: [refund]),
    Case(name: "05", script: [refund], isWithoutAnswers: true),
    Case(
      name: "06",
      script: [
        SimulatorTurn(
          user: "Where is order A-1042?", assistant: "It shipped and should arrive Friday.",
          tool: .init(name: "lookup_order", arguments: #"{"order_id":"A-1042"}"#))
      ]),
    Case(name: "07", script: [story, SimulatorTurn(assistant: "Okay, shorter then.")]),
    Case(name: "08", script: [story], firstAudio: .milliseconds(500)),
    Case(name: "09", script: [SimulatorTurn(assistant: "Hi")]), Case(name: "11", script: [hello]),
    Case(name: "12", script: [SimulatorTurn(assistant: "Hello, Acme here."), SimulatorTurn(assistant: "Are you still there?")]),
    Case(
      name: "13",
      script: [
        SimulatorTurn(
          user: "", assistant: "Sorry, say that again?",
          transcriptionError: .init(
            type: "transcription_error", code: "audio_unintelligible", message: "The audio could not be transcribed."))
      ]),
    Case(
      name: "14",
      script: [
        story, SimulatorTurn(assistant: "Something that breaks off here.", incomplete: .contentFilter),
        SimulatorTurn(error: .init(type: "tokens", code: "rate_limit_exceeded", message: "Rate limit reached.")),
      ], firstAudio: .milliseconds(100)),
    Case(name: "15"), Case(name: "16", script: [SimulatorTurn(user: "Where is my parcel number forty two?")], isTranscription: true),
    Case(name: "18", script: [refund], isWithoutAnswers: true, firstAudio: .milliseconds(700), speaksAgainAt: 2_500), Case(name: "19"),
    Case(name: "20", script: [SimulatorTurn(assistant: "Hi there, friend!")], firstAudio: .milliseconds(200)),
  ]

  @Test(arguments: cases)
  func `the sequence comes back in its order`(_ test: Case) throws {
    let fixture = try Fixture(test.name)
    let client = play(test, fixture)
    // Where these stand among the others is a matter of the network's distance.
    let floating = ["error conversation_already_has_active_response", "conversation.item.truncated", "conversation.item.deleted"]
    let (steps, expected) = (Fixture.steps(client.events), Fixture.steps(fixture.serverEvents))
    #expect(steps.filter { !floating.contains($0) } == expected.filter { !floating.contains($0) })
    for step in floating { #expect(steps.count { $0 == step } == expected.count { $0 == step }, "\(step)") }
    if let closure = fixture.closure, !fixture.lines.contains(where: { $0.isFromClient && $0.close != nil }) {
      #expect(client.closure == closure)
    }
    let transcripts = ".input_audio_transcription."
    let kinds = Set(client.types.filter { $0.contains(transcripts) })
    #expect(kinds == Set(fixture.serverEvents.compactMap { $0["type"]?.string }.filter { $0.contains(transcripts) }))
  }

  @Test func `an out-of-band response runs beside the conversation's, each in its order`() throws {
    let fixture = try Fixture("10")
    let client = play(Case(name: "10"), fixture)
    #expect(byResponse(client.events) == byResponse(fixture.serverEvents))
    let done = client.events("response.done").first { $0["response"]?["conversation_id"] == .null }
    #expect(done?["response"]?["metadata"] == ["topic": "classification"])
    #expect(done?["response"]?["output"]?.array?.first?["content"]?.array?.first?["text"] == "other")
  }

  /// The steps of each response, in the order of their beginning.
  private func byResponse(_ events: [JSON]) -> [[String]] {
    let ids = events.filter { $0["type"] == "response.created" }.compactMap { $0["response"]?["id"]?.string }
    return ids.map { id in Fixture.steps(events.filter { $0["response_id"]?.string == id || $0["response"]?["id"]?.string == id }) }
  }

  struct FatalCase: Sendable, CustomTestStringConvertible {
    var name: String
    var key: String? = "key"
    var model: String? = "gpt-realtime-2.1"
    var knob: SimulatorConfiguration.FatalOpen?
    var isBeta = false
    var testDescription: String { name }
  }

  @Test(arguments: [
    FatalCase(name: "17a", knob: .auth), FatalCase(name: "17b", key: nil), FatalCase(name: "17c", model: "gpt-live-1"),
    FatalCase(name: "17d", model: nil), FatalCase(name: "17e", isBeta: true),
  ])
  func `a fatal opening is one error and its close`(_ test: FatalCase) throws {
    let fixture = try Fixture(test.name)
    var configuration = SimulatorConfiguration()
    configuration.fatalOpen = test.knob
    var opening = SimulatorOpening(model: test.model, key: test.key.map { Secret($0) })
    opening.hasBetaHeader = test.isBeta
    let client = SimulatedClient(configuration, opening: opening)
    #expect(Fixture.steps(client.events) == Fixture.steps(fixture.serverEvents))
    #expect(client.closure == fixture.closure)
  }
}
