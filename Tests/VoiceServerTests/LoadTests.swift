import NIOCore
import Testing
import VoiceCore
import VoiceTelemetry

@testable import VoiceServer

struct LoadTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
  private let plan = LoadPlan(sessions: 20, pause: .seconds(1), patience: .seconds(15))

  @Test func `a speaker opens, asks, hears the answer, rests and asks again`() {
    var speaker = LoadSpeakerStateMachine(dialledAt: start, pieces: 2, plan: plan)
    #expect(speaker.ticked(at: start) == .none)
    #expect(speaker.received(.sessionCreated, at: start + .milliseconds(40)) == .report(.opened(.milliseconds(40))))
    #expect(speaker.ticked(at: start + .milliseconds(100)) == .sendSpeech(piece: 0))
    #expect(speaker.ticked(at: start + .milliseconds(200)) == .sendSpeech(piece: 1))
    #expect(speaker.ticked(at: start + .milliseconds(300)) == .sendSilence)
    #expect(speaker.received(.speechStopped, at: start + .milliseconds(500)) == .none)
    #expect(speaker.received(.outputAudioDelta, at: start + .milliseconds(900)) == .report(.answered(.milliseconds(400))))
    #expect(speaker.received(.outputAudioDelta, at: start + .milliseconds(950)) == .none)
    #expect(speaker.received(.responseDone, at: start + .seconds(2)) == .none)
    #expect(speaker.ticked(at: start + .milliseconds(2_900)) == .sendSilence)
    #expect(speaker.ticked(at: start + .seconds(3)) == .sendSilence)
    #expect(speaker.ticked(at: start + .milliseconds(3_100)) == .sendSpeech(piece: 0))
  }

  @Test func `an opening that does not come is a fault, and so is an answer`() {
    var speaker = LoadSpeakerStateMachine(dialledAt: start, pieces: 1, plan: plan)
    #expect(speaker.ticked(at: start + .seconds(16)) == .report(.failed("opening_timeout")))
    var other = LoadSpeakerStateMachine(dialledAt: start, pieces: 1, plan: plan)
    _ = other.received(.sessionCreated, at: start)
    _ = other.ticked(at: start)
    #expect(other.ticked(at: start + .seconds(15)) == .sendSilence)
    #expect(other.ticked(at: start + .seconds(16)) == .report(.failed("answer_timeout")))
  }

  @Test func `a speaker that is told to go says goodbye, and drops the line when nobody answers`() {
    var speaker = LoadSpeakerStateMachine(dialledAt: start, pieces: 1, plan: plan)
    _ = speaker.received(.sessionCreated, at: start)
    speaker.dismissed()
    #expect(speaker.ticked(at: start) == .sayGoodbye)
    #expect(speaker.ticked(at: start + .seconds(1)) == .none)
    #expect(speaker.ticked(at: start + .seconds(4)) == .close)
    speaker.closed()
    #expect(speaker.ticked(at: start + .seconds(5)) == .none)
  }

  @Test func `the limit is the last number of sessions at which turns were in time`() {
    var tally = LoadTally(plan: plan)
    for sessions in 1...20 {
      tally.add(.dialled)
      tally.add(.opened(.milliseconds(5)))
      for _ in 0..<20 { tally.add(.answered(.milliseconds(sessions > 10 ? 1_500 : 300))) }
    }
    #expect(tally.limit == .latency(sessions: 12, p95: tally.turnsPercentileForTest, good: 10))
    #expect(LoadReport.limit(tally.limit, of: plan).hasPrefix("limit: 10 sessions; with 12 the p95 of turns was "))
  }

  @Test func `faults of more than two in a hundred are a limit too, with what they were`() {
    var tally = LoadTally(plan: plan)
    for _ in 0..<4 { tally.add(.opened(.milliseconds(5))) }
    for _ in 0..<10 { tally.add(.answered(.milliseconds(300))) }
    tally.add(.failed("http_503"))
    #expect(tally.limit == .faults(sessions: 4, code: "http_503", good: 0))
    #expect(LoadReport.lines(tally, of: plan).contains { $0.contains("VOICE_MAX_CONNECTIONS_PER_IP") })
  }

  @Test func `without a fault no limit is claimed`() {
    var tally = LoadTally(plan: plan)
    tally.add(.opened(.milliseconds(5)))
    for _ in 0..<10 { tally.add(.answered(.milliseconds(300))) }
    tally.add(.closed(wasOpen: true))
    #expect(tally.limit == .notReached(sessions: 1))
    #expect(tally.open == 0)
  }

  @Test(arguments: [(0, "no turn ended: hold longer"), (3, "3 turns ended, and 10 with as many sessions open are needed")])
  func `without turns that were measured nothing is claimed`(turns: Int, expected: String) {
    var tally = LoadTally(plan: plan)
    tally.add(.opened(.milliseconds(5)))
    for _ in 0..<turns { tally.add(.answered(.milliseconds(300))) }
    #expect(tally.limit == .unmeasured(turns: turns))
    let line = LoadReport.limit(tally.limit, of: plan)
    #expect(line.hasPrefix("limit: not measured; ") && line.contains(expected) && !line.contains("p95"))
  }

  @Test func `no more sessions are claimed than turns were measured with`() {
    var tally = LoadTally(plan: plan)
    for _ in 0..<2 { tally.add(.opened(.milliseconds(5))) }
    for _ in 0..<10 { tally.add(.answered(.milliseconds(300))) }
    for _ in 0..<2 { tally.add(.opened(.milliseconds(5))) }
    tally.add(.answered(.milliseconds(300)))
    #expect(tally.mostOpen == 4 && tally.limit == .notReached(sessions: 2))
  }

  @Test(arguments: [
    (
      RealtimeConnectError(.tls, "h: handshakeFailed(SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at /x)"),
      "no TLS there; write http://"
    ),
    (RealtimeConnectError(.tls, "h: handshakeFailed(CERTIFICATE_VERIFY_FAILED)"), "SSL_CERT_FILE"),
    (RealtimeConnectError(.refused, "x", status: 404), "without a path"), (RealtimeConnectError(.unreachable, "x"), "nothing answers"),
  ]) func `a dial that fails says what to set`(error: RealtimeConnectError, expected: String) {
    #expect(LoadReport.hint(LoadSpeaker.code(of: error))?.contains(expected) == true)
  }

  @Test(arguments: [
    ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/ws/voice"), ("https://h/api/", "wss://h/api/v1/ws/voice"),
    ("wss://h/v1/realtime?model=m", "wss://h/v1/realtime?model=m"), ("h:8080", nil), ("ftp://h", nil),
  ])
  func `a bare host means the gateway's own endpoint`(given: String, expected: String?) { #expect(LoadCommand.address(given) == expected) }

  @Test func `speech comes in pieces of a tenth of a second`() {
    #expect(LoadSpeech.hum.speech.count == 20)
    let piece = LoadSpeech.hum.speech[0].bytes
    #expect(piece.readableBytes == LoadSpeech.hum.silence.bytes.readableBytes)
    #expect(EventScanner.scanWhole(piece) == .event(.inputAudioAppend))
  }
}

extension LoadTally {
  /// What the step that was too slow has: all its turns took the same time.
  fileprivate var turnsPercentileForTest: Double {
    var tally = LoadTally(plan: LoadPlan())
    tally.add(.answered(.milliseconds(1_500)))
    return tally.turns.percentile(95) ?? 0
  }
}
