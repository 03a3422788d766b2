import Testing
import VoiceTesting

@testable import VoiceCore

struct ResponseSequencerTests {
  @Test func `a committed item is held, requested when its context is there, and answered once`() {
    var machine = ResponseSequencerStateMachine()
    #expect(machine.committed(item: "a") == .hold(item: "a"))
    #expect(machine.contextSettled(item: "a") == .request(item: "a"))
    #expect(machine.contextSettled(item: "a") == .none)
    machine.responseCreated("r1", isOutOfBand: false)
    #expect(machine.responseDone("r1") == .none)
    #expect(!machine.isPending)
  }

  @Test func `speech during the hold drops the answer, and the next commit gets one`() {
    var machine = ResponseSequencerStateMachine()
    _ = machine.committed(item: "a")
    #expect(machine.speechStarted() == .cancelHold(item: "a"))
    #expect(machine.contextSettled(item: "a") == .none)
    _ = machine.committed(item: "b")
    #expect(machine.contextSettled(item: "b") == .request(item: "b"))
  }

  @Test func `while a response is being made the next one waits for its end, whatever the status`() {
    var machine = ResponseSequencerStateMachine()
    machine.responseCreated("r1", isOutOfBand: false)
    _ = machine.committed(item: "a")
    #expect(machine.contextSettled(item: "a") == .none)
    #expect(machine.responseDone("other") == .none)
    #expect(machine.responseDone("r1") == .request(item: "a"))
  }

  @Test func `out-of-band responses run beside`() {
    var machine = ResponseSequencerStateMachine()
    machine.responseCreated("oob", isOutOfBand: true)
    _ = machine.committed(item: "a")
    #expect(machine.contextSettled(item: "a") == .request(item: "a"))
  }

  @Test func `a client that asks itself is not answered twice`() {
    var machine = ResponseSequencerStateMachine()
    _ = machine.committed(item: "a")
    #expect(machine.clientRequested() == .cancelHold(item: "a"))
    #expect(machine.contextSettled(item: "a") == .none)
  }

  @Test func `refused because of another response, the request is repeated when that one is done`() {
    var machine = ResponseSequencerStateMachine()
    _ = machine.committed(item: "a")
    _ = machine.contextSettled(item: "a")
    machine.requestFailed(code: "conversation_already_has_active_response")
    #expect(machine.responseDone("unknown") == .request(item: "a"))
    machine.requestFailed(code: "server_error")
    #expect(machine.responseDone("r") == .none)
  }

  @Test func `a random walk never asks for two responses at once, nor twice for one item`() {
    var random = SeededGenerator(seed: 42)
    var machine = ResponseSequencerStateMachine()
    var answered: Set<String> = []
    var outstanding = 0
    var active: String?
    for step in 0..<200_000 {
      var action = ResponseSequencerStateMachine.Action.none
      let item = "i\(step / 7)"
      switch Int.random(in: 0..<7, using: &random) {
      case 0 where !answered.contains(item): action = machine.committed(item: item)
      case 1: action = machine.contextSettled(item: "i\(max(0, step / 7 - Int.random(in: 0...1, using: &random)))")
      case 2: action = machine.speechStarted()
      case 3: action = machine.clientRequested()
      case 4 where outstanding == 1 && active == nil:
        outstanding = 0
        active = "r\(step)"
        machine.responseCreated(active!, isOutOfBand: false)
      case 5 where active != nil:
        let id = active!
        active = nil
        action = machine.responseDone(id)
      case 6: machine.responseCreated("oob\(step)", isOutOfBand: true)
      default: break
      }
      if case .request(let asked) = action {
        #expect(active == nil && outstanding == 0)
        #expect(answered.insert(asked).inserted)
        outstanding += 1
      }
    }
    #expect(answered.count > 1_000)
  }

  @Test func `hidden items are mended out of the chain, deleted ones too`() {
    var items = HiddenItems()
    items.added("gw_1", after: "u1")
    items.added("gw_2", after: "gw_1")
    #expect(items.visible("gw_2") == "u1")
    #expect(items.visible("u2") == "u2")
    items.deleted("gw_1")
    #expect(items.visible("gw_2") == "u1")
    items.added("gw_3", after: nil)
    #expect(items.visible("gw_3") == nil)
    items.added("gw_4", after: "gw_4")
    #expect(items.visible("gw_4") == nil)
  }
}
