import Testing
import VoiceTesting

@testable import VoiceCore

struct ResponseSequencerTests {
  @Test func `a committed item is held, requested when its context is there, and answered once`() {
    var machine = ResponseSequencerStateMachine()
    #expect(machine.committed(item: "a") == .hold(item: "a"))
    #expect(machine.contextSettled(item: "a") == .request(item: "a"))
    #expect(machine.contextSettled(item: "a") == .none)
    #expect(machine.responseCreated("r1", isOutOfBand: false) == .none)
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
    _ = machine.responseCreated("r1", isOutOfBand: false)
    _ = machine.committed(item: "a")
    #expect(machine.contextSettled(item: "a") == .none)
    #expect(machine.responseDone("other") == .none)
    #expect(machine.responseDone("r1") == .request(item: "a"))
  }

  @Test func `out-of-band responses run beside`() {
    var machine = ResponseSequencerStateMachine()
    _ = machine.responseCreated("oob", isOutOfBand: true)
    _ = machine.committed(item: "a")
    #expect(machine.contextSettled(item: "a") == .request(item: "a"))
  }

  @Test func `a client that asks itself is not answered twice`() {
    var machine = ResponseSequencerStateMachine()
    _ = machine.committed(item: "a")
    machine.clientRequested(id: nil)
    #expect(machine.responseCreated("r1", isOutOfBand: false) == .cancelHold(item: "a"))
    #expect(machine.contextSettled(item: "a") == .none)
    #expect(machine.responseDone("r1") == .none)
  }

  @Test func `while the client's own request is on its way the gateway's waits, and goes out when that is refused`() {
    var machine = ResponseSequencerStateMachine()
    machine.clientRequested(id: "c1")
    _ = machine.committed(item: "a")
    #expect(machine.contextSettled(item: "a") == .none)
    #expect(machine.clientRequestFailed(id: "other") == .none)
    #expect(machine.clientRequestFailed(id: "c1") == .request(item: "a"))
  }

  @Test func `what is committed before the response begins is answered by it`() {
    var machine = ResponseSequencerStateMachine()
    _ = machine.committed(item: "a")
    #expect(machine.contextSettled(item: "a") == .request(item: "a"))
    _ = machine.committed(item: "b")
    #expect(machine.contextSettled(item: "b") == .none)
    #expect(machine.responseCreated("r1", isOutOfBand: false) == .cancelHold(item: "b"))
    _ = machine.committed(item: "c")
    #expect(machine.contextSettled(item: "c") == .none)
    #expect(machine.responseDone("r1") == .request(item: "c"))
  }

  @Test func `refused because of another response, the request is repeated when that one is done`() {
    var machine = ResponseSequencerStateMachine()
    _ = machine.committed(item: "a")
    _ = machine.contextSettled(item: "a")
    _ = machine.requestFailed(code: "conversation_already_has_active_response")
    #expect(machine.responseDone("unknown") == .request(item: "a"))
    _ = machine.requestFailed(code: "server_error")
    #expect(machine.responseDone("r") == .none)
  }

  @Test func `a random walk never asks for two responses at once, nor twice for one item`() {
    var random = SeededGenerator(seed: 42)
    var machine = ResponseSequencerStateMachine()
    var answered: Set<String> = []
    // What upstream has not answered yet, in order: true for the gateway's.
    var outstanding: [Bool] = []
    var active: String?
    for step in 0..<200_000 {
      var action = ResponseSequencerStateMachine.Action.none
      let item = "i\(step / 7)"
      switch Int.random(in: 0..<7, using: &random) {
      case 0 where !answered.contains(item): action = machine.committed(item: item)
      case 1: action = machine.contextSettled(item: "i\(max(0, step / 7 - Int.random(in: 0...1, using: &random)))")
      case 2: action = machine.speechStarted()
      case 3 where Bool.random(using: &random):
        machine.clientRequested(id: "c")
        outstanding.append(false)
      case 4 where !outstanding.isEmpty:
        let isGateways = outstanding.removeFirst()
        if active == nil {
          active = "r\(step)"
          action = machine.responseCreated(active!, isOutOfBand: false)
        } else {
          #expect(!isGateways)
          action = machine.clientRequestFailed(id: "c")
        }
      case 5 where active != nil:
        let id = active!
        active = nil
        action = machine.responseDone(id)
      case 6: action = machine.responseCreated("oob\(step)", isOutOfBand: true)
      default: break
      }
      if case .request(let asked) = action {
        #expect(active == nil && outstanding.isEmpty)
        #expect(answered.insert(asked).inserted)
        outstanding.append(true)
      }
    }
    #expect(answered.count > 1_000)
  }

  @Test func `hidden items are mended out of the chain, deleted ones too`() {
    var items = HiddenItems()
    items.added("gw_item_1", after: "u1")
    items.added("gw_item_2", after: "gw_item_1")
    #expect(items.visible("gw_item_2") == "u1")
    #expect(items.visible("u2") == "u2")
    items.deleted("gw_item_1")
    #expect(items.visible("gw_item_2") == "u1")
    items.added("gw_item_3", after: nil)
    #expect(items.visible("gw_item_3") == nil)
    items.added("gw_item_4", after: "gw_item_4")
    #expect(items.visible("gw_item_4") == nil)
  }
}
