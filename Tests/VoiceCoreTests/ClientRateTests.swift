import NIOCore
import NIOEmbedded
import Testing
import VoiceTesting

@testable import VoiceCore

/// A client that sends faster than it may.
struct ClientRateTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  @Test func `audio up to the burst passes at once, then at the speed that is set`() {
    var rate = ClientRateStateMachine(ClientRateLimits(audioSpeed: 4, audioBurst: .seconds(60)))
    #expect(rate.received(events: 10, bytes: 1_000, audioSeconds: 60, at: start) == nil)
    #expect(rate.received(events: 1, bytes: 1_000, audioSeconds: 4, at: start) == .seconds(1))
    #expect(rate.received(events: 1, bytes: 1_000, audioSeconds: 0, at: start + .seconds(1)) == nil)
    // A minute of silence earns no more than the burst.
    #expect(rate.received(events: 1, bytes: 1_000, audioSeconds: 60, at: start + .seconds(600)) == nil)
    #expect(rate.received(events: 1, bytes: 1_000, audioSeconds: 8, at: start + .seconds(600)) == .seconds(2))
  }

  @Test func `speech in real time never waits`() {
    var rate = ClientRateStateMachine(ClientRateLimits())
    for tick in 0..<36_000 {
      #expect(rate.received(events: 1, bytes: 6_500, audioSeconds: 0.1, at: start + .milliseconds(Int64(tick) * 100)) == nil)
    }
  }

  @Test func `events and bytes have their limits too`() {
    var rate = ClientRateStateMachine(ClientRateLimits(eventsPerSecond: 100, bytesPerSecond: 1_000, bytesBurst: 3_000))
    #expect(rate.received(events: 200, bytes: 0, audioSeconds: 0, at: start) == nil)
    #expect(rate.received(events: 50, bytes: 0, audioSeconds: 0, at: start) == .milliseconds(500))
    #expect(rate.received(events: 0, bytes: 5_000, audioSeconds: 0, at: start + .seconds(10)) == .seconds(2))
  }

  @Test func `a client that is too fast is not read until its time comes, and loses nothing`() {
    let scene = RelayScene(clientRate: ClientRateLimits(audioSpeed: 4, audioBurst: .seconds(1)))
    let upstream = scene.open()
    // 3 s of audio in one read.
    let audio = #"{"type":"input_audio_buffer.append","audio":"\#(String(repeating: "A", count: 192_000))"}"#
    scene.client.receive(audio)
    #expect(upstream.sent.count == 1)
    #expect(!scene.client.isReading)
    scene.loop.advanceTime(by: .milliseconds(490))
    #expect(!scene.client.isReading)
    scene.loop.advanceTime(by: .milliseconds(20))
    #expect(scene.client.isReading)
  }

  @Test func `what is said before upstream is open counts once`() {
    let scene = RelayScene(clientRate: ClientRateLimits(eventsPerSecond: 100))
    scene.admit()
    for _ in 0..<150 { scene.client.delegate?.received(RealtimeMessage(ByteBuffer(string: #"{"type":"input_audio_buffer.clear"}"#))) }
    scene.client.delegate?.readCompleted()
    scene.connector.all[0].accept().receive(#"{"type":"session.created"}"#)
    scene.client.delegate?.readCompleted()
    #expect(scene.client.isReading)
  }

  @Test func `pings count like events, and a client that floods them is read more slowly`() {
    let scene = RelayScene(clientRate: ClientRateLimits(eventsPerSecond: 100))
    _ = scene.open()
    scene.client.delegate?.received(otherFrames: 150)
    scene.client.delegate?.readCompleted()
    #expect(scene.client.isReading)
    scene.client.delegate?.received(otherFrames: 100)
    scene.client.delegate?.readCompleted()
    #expect(!scene.client.isReading)
    scene.loop.advanceTime(by: .seconds(1))
    #expect(scene.client.isReading)
  }
}
