import NIOCore
import RAGPrefetch
import VoiceCore

/// A prefetch machine with a clock that moves by hand, in milliseconds.
struct PrefetchConversation {
  var machine: PrefetchStateMachine
  private(set) var time: Int64 = 0

  init(_ configuration: PrefetchConfiguration = .init()) { machine = PrefetchStateMachine(configuration) }

  var now: NIODeadline { .uptimeNanoseconds(0) + .milliseconds(time) }

  mutating func speechStarted(_ item: String = "item_1") -> [PrefetchStateMachine.Action] { machine.speechStarted(item: item, at: now) }
  mutating func speechStopped(_ item: String = "item_1") -> [PrefetchStateMachine.Action] { machine.speechStopped(item: item, at: now) }
  mutating func committed(_ item: String = "item_1") -> [PrefetchStateMachine.Action] {
    machine.committed(item: item, isHeld: true, at: now)
  }

  /// Words as a streaming recogniser sends them, 250 ms each.
  mutating func say(_ text: String, item: String = "item_1") -> [PrefetchStateMachine.Action] {
    var actions: [PrefetchStateMachine.Action] = []
    for word in text.split(separator: " ") {
      actions += wait(250)
      actions += machine.heard(HeardWords(" \(word)", item: item, source: .upstream, kind: .delta), at: now)
    }
    return actions
  }

  mutating func answer(_ id: Int, _ passages: [Passage]) -> [PrefetchStateMachine.Action] {
    machine.retrieved(id, .success(passages), at: now)
  }

  /// Lets time pass; the machine's deadlines are kept.
  mutating func wait(_ milliseconds: Int64) -> [PrefetchStateMachine.Action] {
    var actions: [PrefetchStateMachine.Action] = []
    let end = time + milliseconds
    while let deadline = machine.nextDeadline, Int64(deadline.uptimeNanoseconds) <= end * 1_000_000 {
      time = max(time, (Int64(deadline.uptimeNanoseconds) + 999_999) / 1_000_000)
      actions += machine.deadlinePassed(at: now)
    }
    time = end
    return actions
  }
}

extension [PrefetchStateMachine.Action] {
  var asked: [String] { compactMap { if case .ask(_, let text) = $0 { text } else { nil } } }
  /// What the coming answer has, after all of these; nil where they do not say.
  var provided: [Passage]? { compactMap { if case .provide(let passages) = $0 { passages } else { nil } }.last }
  var cancelled: [Int] { compactMap { if case .cancel(let id) = $0 { id } else { nil } } }
  var outcome: ContextOutcome? { compactMap { if case .settle(let outcome) = $0 { outcome } else { nil } }.first }
}

let refunds = [Passage(text: "Opened items can be returned within 14 days.", title: "Refunds", source: "refunds.md", score: 1)]
let bikes = [Passage(text: "Bikes are rented by the hour.", title: "Bikes", source: "bikes.md", score: 1)]
