import Testing
import VoiceTesting

@testable import VoiceCore

/// What a session tells its owner.
struct OwnerEventsTests {
  @Test func `reminders are one until they are read, and none comes with the end`() async {
    let scene = RelayScene()
    let handle = scene.session.handle
    let upstream = scene.open()
    for _ in 0..<3 { handle.remind() }
    var events = handle.events.makeAsyncIterator()
    while await events.next() != .reminded {}
    handle.remind()
    scene.session.end(.serverDraining)
    scene.client.peerCloses()
    upstream.peerCloses()
    var rest: [RealtimeRelayEvent] = []
    while let event = await events.next() { rest.append(event) }
    #expect(!rest.contains(.reminded))
    if case .ended = rest.last {} else { Issue.record("no end") }
  }
}
