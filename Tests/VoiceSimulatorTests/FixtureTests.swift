import Foundation
import NIOCore
import Testing
import VoiceCore

@testable import VoiceSimulator

/// The client's side of each sequence is played to the simulator: the server's side comes back in the same order.
struct FixtureTests {
  struct Play {
    var events: [JSON] = []
    var closure: WebSocketClosure?
  }

  /// Time is the fixture's own, and waits for what is under way before each word of the client.
  private func play(_ fixture: Fixture, opening: SimulatorStateMachine.Opening, _ configuration: SimulatorConfiguration) -> Play {
    var now = NIODeadline.uptimeNanoseconds(1)
    var machine = SimulatorStateMachine(configuration: configuration, opening: opening, connection: 1, unixSeconds: 1_795_000_000, at: now)
    var play = Play()
    func take(_ actions: [SimulatorStateMachine.Action]) {
      for action in actions {
        switch action {
        case .send(let bytes):
          if let event = try? JSONDecoder().decode(JSON.self, from: Data(bytes.readableBytesView)) { play.events.append(event) }
        case .close(let closure): play.closure = closure
        case .drop, .reset: break
        }
      }
    }
    func pass(until end: NIODeadline) {
      while let next = machine.nextDeadline, next <= end {
        now = max(now, next)
        take(machine.deadlinePassed(at: now))
      }
      now = end
    }
    take(machine.opened(at: now))
    for line in fixture.lines where line.isFromClient && line.leg == "client" {
      pass(until: .uptimeNanoseconds(UInt64(line.milliseconds * 1_000_000) + 1))
      guard let text = line.text else { continue }
      take(machine.received(RealtimeMessage(ByteBuffer(string: text), isText: !line.isBinary), at: now))
    }
    pass(until: now + .seconds(30))
    return play
  }

  private func opening(model: String? = "gpt-realtime-2.1", key: String? = "key") -> SimulatorStateMachine.Opening {
    var opening = SimulatorStateMachine.Opening()
    opening.model = model
    opening.key = key
    return opening
  }

  @Test(arguments: ["01", "02", "03", "09", "11", "13", "20"])
  func `the sequence comes back in its order`(name: String) throws {
    let fixture = try Fixture(name)
    var configuration = SimulatorConfiguration()
    configuration.script = [SimulatorTurn(user: "Hello from the gateway probe.", assistant: "Hello! How can I help?")]
    let expected = fixture.lines.filter { !$0.isFromClient && $0.leg == "client" }.compactMap(\.event)
    let steps = Fixture.steps(play(fixture, opening: opening(), configuration).events)
    // Two responses were asked for at once: where the refusal of the second one stands is a matter of distance.
    let refusal = "error conversation_already_has_active_response"
    #expect(steps.filter { $0 != refusal } == Fixture.steps(expected).filter { $0 != refusal })
    #expect(steps.contains(refusal) == Fixture.steps(expected).contains(refusal))
  }

  @Test func `an out-of-band response runs beside the conversation's, each in its order`() throws {
    let fixture = try Fixture("10")
    let expected = fixture.lines.filter { !$0.isFromClient }.compactMap(\.event)
    let events = play(fixture, opening: opening(), SimulatorConfiguration()).events
    #expect(byResponse(events) == byResponse(expected))
    #expect(events.contains { $0["response"]?["conversation_id"] == .null && $0["response"]?["metadata"] != .null })
  }

  /// The steps of each response, in the order of their beginning.
  private func byResponse(_ events: [JSON]) -> [[String]] {
    var ids: [String] = []
    for event in events { if event["type"] == "response.created", let id = event["response"]?["id"]?.string { ids.append(id) } }
    return ids.map { id in Fixture.steps(events.filter { $0["response_id"]?.string == id || $0["response"]?["id"]?.string == id }) }
  }

  @Test(arguments: [
    (
      "17a", "key" as String?, "gpt-realtime-2.1" as String?, SimulatorConfiguration.FatalOpen.auth as SimulatorConfiguration.FatalOpen?,
      false
    ),
    ("17b", nil, "gpt-realtime-2.1", nil, false), ("17c", "key", "gpt-live-1", nil, false), ("17d", "key", nil, nil, false),
    ("17e", "key", "gpt-realtime-2.1", nil, true),
  ])
  func `a fatal opening is one error and its close`(
    name: String, key: String?, model: String?, fatal: SimulatorConfiguration.FatalOpen?, isBeta: Bool
  ) throws {
    let fixture = try Fixture(name)
    var configuration = SimulatorConfiguration()
    configuration.fatalOpen = fatal
    var opening = opening(model: model, key: key)
    opening.hasBetaHeader = isBeta
    let play = play(fixture, opening: opening, configuration)
    #expect(Fixture.steps(play.events) == Fixture.steps(fixture.lines.compactMap(\.event)))
    #expect(play.closure == fixture.lines.compactMap(\.close).first)
  }
}
