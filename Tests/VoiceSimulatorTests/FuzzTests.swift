import NIOCore
import Testing
import VoiceCore

@testable import VoiceSimulator

/// A seeded walk of client events, sound ones and broken ones, over the machine: it never traps, and keeps its word.
struct FuzzTests {
  /// What every client may rely on, whatever it sent.
  private struct Referee {
    var open: Set<String> = []
    var active: String?
    var ended: Set<String> = []
    var eventIDs: Set<String> = []

    mutating func judge(_ event: JSON, _ text: String) {
      #expect(event.object != nil, "no JSON: \(text.prefix(200))")
      let id = event["event_id"]?.string ?? ""
      #expect(eventIDs.insert(id).inserted, "event id '\(id)' twice")
      let response = event["response"]?["id"]?.string ?? event["response_id"]?.string
      switch event["type"]?.string {
      case "response.created":
        open.insert(response ?? "")
        guard event["response"]?["conversation_id"] != .null else { return }
        #expect(active == nil, "two responses at once")
        active = response
      case "response.done":
        #expect(open.remove(response ?? "") != nil, "done without created: \(text.prefix(200))")
        ended.insert(response ?? "")
        if active == response { active = nil }
      case let type?: if let response { #expect(open.contains(response), "\(type) of a response that is not in progress") }
      case nil: Issue.record("no type: \(text.prefix(200))")
      }
    }
  }

  @Test(arguments: 1...12)
  func `whatever a client sends, the machine stands and says what can be read`(seed: UInt64) {
    var writer = EventWriter(seed: seed)
    var configuration = SimulatorConfiguration()
    configuration.seed = seed
    configuration.outOfOrderTranscripts = seed.isMultiple(of: 3)
    configuration.maxAudioBytes = seed.isMultiple(of: 2) ? 20_000 : 1 << 20
    configuration.sessionLifetime = .seconds(seed.isMultiple(of: 5) ? 60 : 3_600)
    if seed.isMultiple(of: 4) { configuration.script = writer.script() }
    var opening = SimulatorOpening(model: "gpt-realtime-2.1", key: Secret("key"))
    opening.isTranscription = seed.isMultiple(of: 6)
    var client = SimulatedClient(configuration, opening: opening, connection: seed)
    var referee = Referee()
    for _ in 0..<250 {
      writer.saw(client.events)
      for (event, text) in zip(client.events, client.texts) { referee.judge(event, text) }
      client.forgetEvents()
      let wasOver = client.ending != nil
      let (text, isText) = writer.next()
      client.send(text: text, isText: isText)
      client.pass(milliseconds: writer.pause())
      if wasOver { #expect(client.events.isEmpty, "something after the close") }
    }
    // Else it would ask for ever whether anybody is there.
    client.update(["audio": ["input": ["turn_detection": .null]]])
    client.pass(milliseconds: 60_000)
    for (event, text) in zip(client.events, client.texts) { referee.judge(event, text) }
    if client.ending == nil { #expect(referee.open.isEmpty, "responses that never end") }
  }
}
