import NIOCore
import Testing
import VoiceCore

@testable import VoiceSimulator

/// What can be set about a simulated server, each by itself.
struct KnobTests {
  private func client(_ change: (inout SimulatorConfiguration) -> Void) -> SimulatedClient {
    var configuration = SimulatorConfiguration()
    change(&configuration)
    return SimulatedClient(configuration)
  }

  private func transcription(_ model: String) -> JSON { ["audio": ["input": ["transcription": ["model": .string(model)]]]] }

  @Test(arguments: [0, 20, 900])
  func `the first audio comes so long after the response began, and no sooner`(milliseconds: Int) {
    var client = client { $0.firstAudioDelay = .milliseconds(milliseconds) }
    client.send(["type": "response.create"])
    client.pass(milliseconds: Double(milliseconds) - 1)
    #expect(client.last("response.output_audio.delta") == nil)
    client.pass(milliseconds: 10)
    #expect(client.last("response.output_audio.delta") != nil)
  }

  @Test func `words stream while the user speaks, whatever model was asked for`() {
    var client = client { $0.transcriptModel = .streaming }
    client.update(transcription("gpt-4o-transcribe"))
    client.append(milliseconds: 1_500, isLoud: true)
    #expect(client.events("conversation.item.input_audio_transcription.delta").count >= 3)
    #expect(client.last("input_audio_buffer.committed") == nil)
  }

  @Test func `words come after the commit, whatever model was asked for`() {
    var client = client { $0.transcriptModel = .afterCommit }
    client.update(transcription("gpt-realtime-whisper"))
    client.append(milliseconds: 1_500, isLoud: true)
    #expect(client.last("conversation.item.input_audio_transcription.delta") == nil)
    client.append(milliseconds: 400, isLoud: false)
    client.pass(milliseconds: 1_000)
    #expect(client.last("conversation.item.input_audio_transcription.completed")?["transcript"]?.string?.isEmpty == false)
  }

  @Test func `each model streams or waits as it is known to`() {
    for (model, streams) in [
      ("gpt-realtime-whisper", true), ("gpt-live-transcribe", true), ("gpt-4o-mini-transcribe", false), ("whisper-1", false),
    ] {
      var client = client { _ in }
      client.update(transcription(model))
      client.append(milliseconds: 1_500, isLoud: true)
      #expect((client.last("conversation.item.input_audio_transcription.delta") != nil) == streams, "\(model)")
    }
  }

  @Test func `a connection drops after its time, in the middle of what it says`() {
    var client = client { $0.dropAfter = .seconds(2) }
    client.pass(milliseconds: 1_500)
    client.send(["type": "response.create"])
    client.pass(milliseconds: 499)
    #expect(client.ending == nil)
    client.pass(milliseconds: 1)
    #expect(client.ending == .drop)
    let said = client.events.count
    client.pass(milliseconds: 5_000)
    #expect(client.events.count == said)
  }

  @Test func `a connection is reset after its time`() {
    var client = client { $0.resetAfter = .milliseconds(700) }
    client.pass(milliseconds: 699)
    #expect(client.ending == nil)
    client.pass(milliseconds: 1)
    #expect(client.ending == .reset)
  }

  @Test func `a stalled server says nothing more, and does not close`() {
    var client = client { $0.stallAfter = .seconds(1) }
    client.send(["type": "response.create"])
    client.pass(milliseconds: 1_000)
    let said = client.events.count
    client.write("Are you there?")
    client.pass(milliseconds: 60_000)
    #expect(client.events.count == said)
    #expect(client.ending == nil)
  }

  @Test func `every response fails with the code that is set, and the session goes on`() {
    var client = client { $0.errorCode = "rate_limit_exceeded" }
    for _ in 0..<2 {
      client.send(["type": "response.create"])
      client.pass(milliseconds: 1_000)
    }
    let done = client.events("response.done").compactMap { $0["response"] }
    #expect(done.map { $0["status"] } == ["failed", "failed"])
    #expect(done.allSatisfy { $0["status_details"]?["error"]?["code"] == "rate_limit_exceeded" && $0["output"] == [] })
    #expect(client.ending == nil)
  }

  @Test func `with audio_unintelligible transcriptions fail, and the turn is answered all the same`() {
    var client = client { $0.errorCode = "audio_unintelligible" }
    client.update(transcription("gpt-4o-transcribe"))
    client.speak()
    client.pass(milliseconds: 5_000)
    let failed = client.last("conversation.item.input_audio_transcription.failed")
    #expect(failed?["error"]?["code"] == "audio_unintelligible")
    #expect(client.last("conversation.item.input_audio_transcription.completed") == nil)
    #expect(client.last("response.done")?["response"]?["status"] == "completed")
  }

  @Test func `with session_expired the session ends as soon as it began`() {
    let client = client { $0.errorCode = "session_expired" }
    #expect(client.types == ["session.created", "error"])
    #expect(client.errorCodes == ["session_expired"])
    #expect(client.closure == WebSocketClosure(code: 1_001))
  }

  @Test func `a session expires when it said it would, with an error and close 1001`() {
    var client = client { $0.sessionLifetime = .seconds(90) }
    #expect(client.events.first?["session"]?["expires_at"] == 1_795_000_090)
    client.pass(milliseconds: 89_500)
    client.send(["type": "response.create"])
    client.pass(milliseconds: 499)
    #expect(client.closure == nil)
    client.pass(milliseconds: 1)
    #expect(client.types.last == "error")
    #expect(client.errorCodes == ["session_expired"])
    #expect(client.closure == WebSocketClosure(code: 1_001))
  }

  @Test func `transcripts come out of order: the second turn's before the first's`() {
    var client = client { $0.outOfOrderTranscripts = true }
    client.update(transcription("gpt-realtime-whisper"))
    client.speak()
    client.append(milliseconds: 500, isLoud: false)
    client.speak()
    client.pass(milliseconds: 3_000)
    let committed = client.events("input_audio_buffer.committed").map { $0["item_id"] }
    let completed = client.events("conversation.item.input_audio_transcription.completed").map { $0["item_id"] }
    #expect(committed.count == 2)
    #expect(completed == committed.reversed())
  }

  @Test func `a transcript that is held back comes late, when no other turn comes`() {
    var client = client { $0.outOfOrderTranscripts = true }
    client.update(transcription("gpt-realtime-whisper"))
    client.speak()
    client.pass(milliseconds: 2_000)
    #expect(client.last("conversation.item.input_audio_transcription.completed") == nil)
    client.pass(milliseconds: 3_000)
    #expect(client.events("conversation.item.input_audio_transcription.completed").count == 1)
  }

  @Test func `one seed is one conversation, byte for byte, and another is another`() {
    func talk(seed: UInt64, connection: UInt64) -> [String] {
      var configuration = SimulatorConfiguration()
      configuration.seed = seed
      var client = SimulatedClient(configuration, connection: connection)
      client.update(transcription("gpt-realtime-whisper"))
      client.speak()
      client.pass(milliseconds: 20_000)
      return client.texts
    }
    let first = talk(seed: 7, connection: 1)
    #expect(first == talk(seed: 7, connection: 1))
    #expect(Set(first).isDisjoint(with: talk(seed: 8, connection: 1)))
    #expect(Set(first).isDisjoint(with: talk(seed: 7, connection: 2)))
  }

  @Test(arguments: ["gpt-realtime-2.1", "gpt-realtime-2026-08-28", "gpt-realtime-mini"])
  func `the provider's models and their dated snapshots are taken`(model: String) {
    let client = SimulatedClient(opening: SimulatorOpening(model: model, key: Secret("key")))
    #expect(client.events.first?["session"]?["model"]?.string == model)
  }

  @Test func `only the keys that are set are taken, and no key is shown`() {
    var configuration = SimulatorConfiguration()
    configuration.keys = ["sk-right"]
    let refused = SimulatedClient(configuration, opening: SimulatorOpening(model: "gpt-realtime", key: Secret("sk-wrong")))
    #expect(refused.closure?.code == 3_000)
    #expect(!refused.texts.joined().contains("sk-wrong"))
    let taken = SimulatedClient(configuration, opening: SimulatorOpening(model: "gpt-realtime", key: Secret("sk-right")))
    #expect(taken.types == ["session.created"])
  }
}
