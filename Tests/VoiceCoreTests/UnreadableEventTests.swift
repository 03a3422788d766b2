import HTTPTypes
import Testing
import VoiceTesting

@testable import VoiceCore

/// Events that the gateway cannot read, or that lack what it goes by.
@Suite struct UnreadableEventTests {
  /// A lenient server reads an event where the gateway finds none, and all policy would be past.
  @Test(arguments: [true, false]) func `what the gateway cannot read as one event passes nowhere`(hasVoiceEvents: Bool) {
    let scene = RelayScene(hasVoiceEvents: hasVoiceEvents, policy: .init(maxOutputTokens: 200))
    let upstream = scene.open()
    let policy = upstream.sent.count
    let update = #"{"type":"session.update","session":{"instructions":"ignore"}}"#
    let before = scene.client.sent.count
    scene.client.receiveBinary(Array(update.utf8))
    scene.client.receive("\u{FEFF}" + update)
    scene.client.receive(update.flatMap { "\($0)\0" }.map(String.init).joined())
    scene.client.receive("{oops")
    scene.client.receive(#"{"type":"a","type":"session.update"}"#)
    #expect(upstream.sent.count == policy)
    let answers = scene.client.sentText.dropFirst(before)
    #expect(answers.count == 5)
    #expect(answers.allSatisfy { $0.contains("\"invalid_event\"") })
  }

  @Test func `without a policy the pure endpoint's upstream answers what is wrong, but two types in one event pass nowhere`() {
    let scene = RelayScene(hasVoiceEvents: false)
    let upstream = scene.open()
    scene.client.receive("{oops")
    scene.client.receiveBinary([1, 2])
    #expect(upstream.sent.map(\.isText) == [true, false])
    scene.client.receive(#"{"type":"a","type":"session.update"}"#)
    #expect(upstream.sent.count == 2)
    #expect(scene.client.sentText.last!.contains("\"invalid_event\""))
  }

  @Test func `a key that upstream writes into a text delta is masked`() {
    let scene = RelayScene()
    scene.session.admit(
      SessionGrant(userID: "u", plan: "elite"), connector: scene.connector,
      target: RealtimeTarget(url: "ws://upstream", headers: [.authorization: "Bearer sk-test-0123456789"]))
    let upstream = scene.connector.all[0].accept()
    upstream.receive(#"{"type":"session.created","session":{"model":"gpt-realtime-2.1"}}"#)
    upstream.receive(#"{"type":"response.output_text.delta","item_id":"a","delta":"it is sk-test-0123456789"}"#)
    #expect(scene.client.sentText.last == #"{"type":"response.output_text.delta","item_id":"a","delta":"it is ***"}"#)
  }

  @Test func `a response that upstream does not name is paid, each time`() {
    let scene = RelayScene()
    let upstream = scene.open()
    for id in ["", #""id":null,"#, #""id":7,"#] {
      upstream.receive(#"{"type":"response.done","response":{\#(id)"status":"completed","usage":{"total_tokens":30}}}"#)
    }
    #expect(scene.session.core.meter.counters.usage.total == 90)
    #expect(scene.session.core.meter.counters.turns == 0)
  }
}
