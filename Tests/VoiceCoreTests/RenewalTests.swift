import NIOCore
import NIOEmbedded
import Testing
import VoiceTesting

@testable import VoiceCore

/// The provider ends its sessions after a while: another one takes over before that, while nobody speaks.
struct RenewalTests {
  private let hour = SessionClockStateMachine.Configuration(maxDuration: nil, notices: [], idleTimeout: nil)

  /// The scene's clock stands at 1,000 s.
  private func opened(expiresAt: Int) -> (scene: RelayScene, upstream: InMemoryConnection) {
    let scene = RelayScene(clock: hour)
    scene.admit()
    let upstream = scene.connector.all[0].accept()
    upstream.receive(#"{"type":"session.created","session":{"model":"gpt-realtime-2.1","expires_at":\#(expiresAt)}}"#)
    return (scene, upstream)
  }

  private func said(_ connection: InMemoryConnection, _ type: String) -> Bool {
    connection.sentText.contains { $0.contains("\"\(type)\"") }
  }

  @Test func `five minutes before the provider's end another session takes over, with the conversation`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    let item =
      #"{"type":"conversation.item.done","item":{"id":"i1","type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}}"#
    upstream.receive(item)
    scene.loop.advanceTime(by: .seconds(3_299))
    #expect(scene.connector.all.count == 1)
    scene.loop.advanceTime(by: .seconds(1))
    let next = scene.connector.all[1].accept()
    // Until the other one is open this one serves.
    #expect(upstream.closedWith == nil)
    scene.client.receive(#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#)
    #expect(upstream.sent.count == 1)
    next.receive(#"{"type":"session.created","session":{"expires_at":8000}}"#)
    #expect(upstream.closedWith?.code == 1000)
    #expect(next.sentText.count == 2)
    #expect(next.sentText[0].contains(#""id":"i1""#))
    #expect(next.sentText[1].contains("input_audio_buffer.append"))
    #expect(said(scene.client, "voice.session.resumed"))
    #expect(scene.client.closedWith == nil)
  }

  @Test func `an answer that is being made is not cut off`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    scene.loop.advanceTime(by: .seconds(3_290))
    upstream.receive(#"{"type":"response.created","response":{"id":"r","conversation_id":"c"}}"#)
    scene.loop.advanceTime(by: .seconds(60))
    #expect(scene.connector.all.count == 1)
    upstream.receive(#"{"type":"response.done","response":{"id":"r","conversation_id":"c","status":"completed"}}"#)
    scene.loop.advanceTime(by: .seconds(1))
    #expect(scene.connector.all.count == 2)
  }

  @Test func `who never pauses is cut off ten seconds before the provider would, and answered again`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    upstream.receive(#"{"type":"response.created","response":{"id":"r","conversation_id":"c"}}"#)
    scene.loop.advanceTime(by: .seconds(3_589))
    #expect(scene.connector.all.count == 1)
    scene.loop.advanceTime(by: .seconds(1))
    #expect(scene.connector.all.count == 2)
    let next = scene.connector.all[1].accept()
    #expect(!scene.client.sentText.contains { $0.contains("upstream_lost") })
    next.receive(#"{"type":"session.created","session":{}}"#)
    #expect(scene.client.sentText.contains { $0.contains("upstream_lost") })
    #expect(said(next, "response.create"))
  }

  @Test func `what was heard of an answer that is lost is counted, by an estimate`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    upstream.receive(#"{"type":"response.created","response":{"id":"r","conversation_id":"c"}}"#)
    // A second of audio is 48,000 bytes, and 64,000 characters.
    let delta = String(repeating: "A", count: 6_400)
    for _ in 0..<10 { upstream.receive(#"{"type":"response.output_audio.delta","response_id":"r","item_id":"a","delta":"\#(delta)"}"#) }
    upstream.peerCloses(.abnormal)
    #expect((20...21).contains(scene.session.core.meter.counters.usage.outputAudio))
    #expect(scene.session.core.meter.counters.usage.total == scene.session.core.meter.counters.usage.outputAudio)
  }

  @Test func `a session that does not say when it ends is left alone`() {
    let scene = RelayScene(clock: hour)
    _ = scene.open()
    scene.loop.advanceTime(by: .hours(3))
    #expect(scene.connector.all.count == 1)
  }

  @Test func `what is said while the other session is dialled gets there`() {
    let (scene, upstream) = opened(expiresAt: 1_060)
    scene.loop.advanceTime(by: .seconds(50))
    let next = scene.connector.all[1].accept()
    let words = (0..<50).map { #"{"type":"conversation.item.create","event_id":"e\#($0)"}"# }
    for word in words { scene.client.receive(word) }
    #expect(upstream.sentText == words)
    next.receive(#"{"type":"session.created","session":{}}"#)
    #expect(Array(next.sentText.suffix(50)) == words)
  }

  @Test func `a successor that cannot be dialled ends nothing, and is dialled again`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    scene.loop.advanceTime(by: .seconds(3_300))
    scene.connector.all[1].fail(RealtimeConnectError(.refused, "404", status: 404))
    scene.loop.advanceTime(by: .seconds(1))
    #expect(scene.connector.all.count == 3)
    #expect(upstream.closedWith == nil && scene.client.closedWith == nil)
  }

  @Test func `a successor that connects and goes before its first event ends nothing, also when its time would be up`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    scene.loop.advanceTime(by: .seconds(3_300))
    scene.connector.all[1].accept().peerCloses()
    scene.loop.advanceTime(by: .milliseconds(500))
    upstream.receive(#"{"type":"input_audio_buffer.speech_started","item_id":"u"}"#)
    scene.loop.advanceTime(by: .seconds(60))
    #expect(upstream.closedWith == nil && scene.client.closedWith == nil && !said(scene.client, "voice.session.resumed"))
    #expect(scene.observer.events.count { if case .upstreamFailed = $0 { true } else { false } } == 0)
  }

  @Test func `a successor that is there waits for a quiet moment`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    scene.loop.advanceTime(by: .seconds(3_300))
    let next = scene.connector.all[1].accept()
    upstream.receive(#"{"type":"input_audio_buffer.speech_started","item_id":"u"}"#)
    next.receive(#"{"type":"session.created","session":{"expires_at":8000}}"#)
    scene.loop.advanceTime(by: .seconds(3))
    #expect(upstream.closedWith == nil && !said(scene.client, "voice.session.resumed"))
    scene.client.receive(#"{"type":"input_audio_buffer.clear"}"#)
    scene.loop.advanceTime(by: .seconds(1))
    #expect(upstream.closedWith?.code == 1000 && said(scene.client, "voice.session.resumed"))
    #expect(scene.connector.all.count == 2)
  }

  @Test func `an upstream that goes while its successor opens is followed by that`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    scene.loop.advanceTime(by: .seconds(3_300))
    let next = scene.connector.all[1].accept()
    upstream.peerCloses(.abnormal)
    scene.loop.advanceTime(by: .seconds(1))
    #expect(scene.connector.all.count == 2)
    next.receive(#"{"type":"session.created","session":{"expires_at":8000}}"#)
    #expect(said(scene.client, "voice.session.resumed"))
  }

  /// The connection that was dialled last is there, and opens.
  @discardableResult private func reopened(_ scene: RelayScene) -> InMemoryConnection {
    scene.loop.advanceTime(by: .seconds(1))
    let upstream = scene.connector.all.last!.accept()
    upstream.receive(#"{"type":"session.created","session":{"expires_at":4600}}"#)
    return upstream
  }

  @Test func `an upstream that lived until its renewal begins a new count of dials`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    upstream.peerCloses(.abnormal)
    for _ in 0..<2 { reopened(scene).peerCloses(.abnormal) }
    let third = reopened(scene)
    scene.loop.advanceTime(by: .seconds(3_300))
    let successor = reopened(scene)
    #expect(third.closedWith?.code == 1000 && scene.connector.all.count == 5)
    successor.peerCloses(.abnormal)
    for _ in 0..<2 { reopened(scene).peerCloses(.abnormal) }
    reopened(scene)
    #expect(scene.client.closedWith == nil && scene.connector.all.count == 8)
  }

  @Test func `an upstream that says nothing counts as one dial`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    upstream.peerCloses(.abnormal)
    for dials in 2...4 {
      scene.loop.advanceTime(by: .seconds(1))
      #expect(scene.connector.all.count == dials)
      _ = scene.connector.all.last!.accept()
      scene.loop.advanceTime(by: .seconds(10))
    }
    #expect(scene.client.closedWith?.code == 1013 && scene.connector.all.count == 4)
  }

  @Test func `a successor that says nothing after upstream went is followed by one other`() {
    let (scene, upstream) = opened(expiresAt: 4_600)
    scene.loop.advanceTime(by: .seconds(3_300))
    let silent = scene.connector.all[1].accept()
    upstream.peerCloses(.abnormal)
    scene.loop.advanceTime(by: .seconds(10))
    #expect(silent.wasAborted)
    reopened(scene)
    #expect(scene.connector.all.count == 3 && said(scene.client, "voice.session.resumed"))
  }
}
