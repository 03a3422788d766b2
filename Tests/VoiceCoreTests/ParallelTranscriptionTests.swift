import NIOCore
import RAGPrefetch
import Testing
import VoiceTesting

@testable import VoiceCore

struct ParallelTranscriptionTests {
  private let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
  private func audio(_ name: String) -> ByteBuffer { ByteBuffer(string: name) }

  private func ready(detectsTurns: Bool = true) -> ParallelTranscriptionStateMachine {
    var machine = ParallelTranscriptionStateMachine()
    #expect(machine.sessionEchoed(format: nil, detectsTurns: detectsTurns, at: now) == [.dial])
    #expect(machine.created() == [.configure(format: nil)])
    #expect(machine.updated() == [])
    return machine
  }

  @Test func `speech goes out with the second before it, and silence stays here`() {
    var machine = ready()
    #expect(machine.audioAppended(audio("a")) == [] && machine.audioAppended(audio("b")) == [])
    #expect(machine.speechStarted(at: now) == [.send(audio("a")), .send(audio("b"))])
    #expect(machine.audioAppended(audio("c")) == [.send(audio("c"))])
    #expect(machine.committed() == [.commit(eventID: "gw_tc_1")])
    #expect(machine.audioAppended(audio("d")) == [])
  }

  @Test func `what is kept has a bound, and the newest stays`() {
    var machine = ready()
    for number in 0..<100 { _ = machine.audioAppended(audio("\(number % 10)" + String(repeating: "x", count: 9_999))) }
    let sent = machine.speechStarted(at: now)
    #expect(sent.count == 8)
    #expect(sent.last == .send(audio("9" + String(repeating: "x", count: 9_999))))
  }

  @Test func `without turn detection all audio goes out, and speech that began while the socket opened too`() {
    var machine = ParallelTranscriptionStateMachine()
    _ = machine.sessionEchoed(format: nil, detectsTurns: false, at: now)
    #expect(machine.audioAppended(audio("a")) == [])
    _ = machine.created()
    #expect(machine.updated() == [.send(audio("a"))])
    #expect(machine.audioAppended(audio("b")) == [.send(audio("b"))])
    #expect(machine.cleared() == [.clear])
    #expect(machine.committed() == [])
  }

  @Test func `words behind a commit are those of the turn that was committed`() {
    var machine = ready()
    _ = machine.speechStarted(at: now)
    _ = machine.audioAppended(audio("a"))
    #expect(machine.words(of: "i1") == .current)
    _ = machine.committed()
    #expect(machine.words(of: "i1") == .committed)
    machine.commitAcknowledged(item: "i1")
    _ = machine.speechStarted(at: now)
    _ = machine.audioAppended(audio("b"))
    #expect(machine.words(of: "i1") == .committed)
    #expect(machine.words(of: "i2") == .current)
  }

  @Test func `a commit that the server refuses is forgotten`() {
    var machine = ready()
    _ = machine.speechStarted(at: now)
    _ = machine.audioAppended(audio("a"))
    _ = machine.committed()
    #expect(machine.errorArrived(about: "gw_tc_1") == [])
    #expect(machine.words(of: "i2") == .current)
  }

  @Test func `a server that refuses the settings is hung up on, and not dialled again`() {
    var machine = ParallelTranscriptionStateMachine()
    _ = machine.sessionEchoed(format: nil, detectsTurns: true, at: now)
    _ = machine.created()
    #expect(machine.errorArrived(about: "gw_ts_1") == [.hangUp])
    machine.lost(at: now)
    #expect(machine.speechStarted(at: now + .hours(1)) == [])
  }

  @Test func `a socket that is lost is dialled again with a turn, not sooner than the pause, which doubles`() {
    var machine = ready()
    machine.lost(at: now)
    #expect(machine.speechStarted(at: now + .milliseconds(999)) == [])
    #expect(machine.speechStarted(at: now + .seconds(1)) == [.dial])
    machine.lost(at: now + .seconds(1))
    #expect(machine.speechStarted(at: now + .milliseconds(2_999)) == [])
    #expect(machine.speechStarted(at: now + .seconds(3)) == [.dial])
  }

  @Test func `another input format is told to the socket, which is quiet until it knows`() {
    var machine = ready()
    _ = machine.speechStarted(at: now)
    #expect(
      machine.sessionEchoed(format: #"{"type":"audio/pcmu"}"#, detectsTurns: true, at: now) == [
        .configure(format: #"{"type":"audio/pcmu"}"#)
      ])
    #expect(machine.audioAppended(audio("a")) == [])
    #expect(machine.updated() == [.send(audio("a"))])
  }

  // MARK: In a session

  @Test func `words of the socket ask the retriever, and the session ends both`() {
    let target = RealtimeTarget(url: "ws://upstream?intent=transcription")
    let scene = RelayScene(
      policy: SessionPolicyConfiguration(holdsResponses: true),
      prefetch: Prefetcher(),
      parallelTranscription: ParallelTranscription(target: target, model: "gpt-live-transcribe"))
    scene.admit()
    let upstream = scene.connector.all[0].accept()
    func session(createsResponses: Bool) -> String {
      """
      "session":{"type":"realtime","model":"m","audio":{"input":{"format":{"type":"audio/pcm","rate":24000},"transcription":null,\
      "turn_detection":{"type":"server_vad","create_response":\(createsResponses)}}}}
      """
    }
    upstream.receive(#"{"type":"session.created",\#(session(createsResponses: true))}"#)
    upstream.receive(#"{"type":"session.updated",\#(session(createsResponses: false))}"#)
    #expect(scene.connector.all.map(\.target.url) == ["ws://upstream", "ws://upstream?intent=transcription"])
    let words = scene.connector.all[1].accept()
    words.receive(#"{"type":"session.created","session":{"type":"transcription"}}"#)
    #expect(words.sentText[0].contains(#""type":"transcription""#) && words.sentText[0].contains("gpt-live-transcribe"))
    words.receive(#"{"type":"session.updated","session":{"type":"transcription"}}"#)
    upstream.receive(#"{"type":"input_audio_buffer.speech_started","item_id":"u1"}"#)
    scene.client.receive(#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#)
    #expect(words.sentText.last!.contains("input_audio_buffer.append"))
    for word in ["What", " is", " the", " refund", " policy"] {
      words.receive(
        #"{"type":"conversation.item.input_audio_transcription.delta","item_id":"w1","content_index":0,"delta":"\#(word)"}"#)
    }
    #expect(scene.session.core.meter.counters.retrievals == 1)
    scene.session.retrieved(1, .success([Passage(text: "Refunds within 30 days.", title: nil, source: nil, score: 1)]))
    upstream.receive(
      #"{"type":"input_audio_buffer.speech_stopped","item_id":"u1"}"#,
      #"{"type":"input_audio_buffer.committed","item_id":"u1","previous_item_id":null}"#)
    #expect(upstream.sentText.last!.contains("response.create"))
    #expect(words.sentText.last!.contains("input_audio_buffer.commit"))
    // Nothing of the turn that was answered is taken for another's.
    words.receive(
      #"{"type":"conversation.item.input_audio_transcription.delta","item_id":"w1","content_index":0,"delta":" again and again my dear friend"}"#
    )
    #expect(scene.session.core.meter.counters.retrievals == 1)
    scene.session.end(.sessionEnded)
    upstream.peerCloses()
    scene.client.peerCloses()
    #expect(words.closedWith?.code == 1000)
  }

  @Test func `a socket that fails leaves the session as it is`() {
    let target = RealtimeTarget(url: "ws://nowhere")
    let scene = RelayScene(
      prefetch: Prefetcher(), parallelTranscription: ParallelTranscription(target: target, model: "w"))
    let upstream = scene.open()
    upstream.receive(#"{"type":"session.updated","session":{"audio":{"input":{"turn_detection":null}}}}"#)
    scene.connector.all[1].fail(RealtimeConnectError(.unreachable, "nobody there"))
    scene.client.receive(#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#)
    #expect(upstream.sentText.last!.contains("append"))
    #expect(scene.endings.isEmpty)
  }
}
