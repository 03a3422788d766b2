public import NIOCore

/// Looks for context while the user speaks, and decides what of it an answer gets.
///
/// A value without IO and without a clock: the relay tells it what happened and does what it answers, in order. Each session begins
/// with a copy of ``RealtimeRelayConfiguration/prefetch``. Each item that was committed is settled once, unless speech, another answer or
/// a cancellation comes before; nothing but the prefetcher's own deadline ends the wait otherwise.
///
/// `Prefetcher` of the module RAGPrefetch asks while the user speaks. One that asks when the transcript is complete, and waits for half a
/// second at most:
/// ```swift
/// struct AskAtTheEnd: ContextPrefetcher {
///   private var item: String?
///   private var words = ""
///   private(set) var nextDeadline: NIODeadline?
///   private var queries = 0
///
///   mutating func received(_ event: ContextEvent, at now: NIODeadline) -> [ContextAction] {
///     switch event {
///     case .heard(let heard) where heard.kind == .completed:
///       queries += 1
///       words = heard.text
///       return [.ask(id: queries, RetrievalQuery(text: words))]
///     case .committed(let item, _):
///       self.item = item
///       nextDeadline = now + .milliseconds(500)
///       return []
///     case .retrieved(queries, .success(let passages)) where item != nil && !passages.isEmpty:
///       let text = passages.map(\.text).joined(separator: "\n")
///       return [.inject(id: queries, text: text)] + settle(.hit, passages)
///     case .deadlinePassed: return settle(.late, [])
///     case .speechStarted, .answerBegan, .upstreamReplaced:
///       (item, nextDeadline) = (nil, nil)
///       return []
///     default: return []
///     }
///   }
///
///   private mutating func settle(_ status: ContextOutcome.Status, _ passages: [Passage]) -> [ContextAction] {
///     guard let item else { return [] }
///     (self.item, nextDeadline) = (nil, nil)
///     return [.settle(ContextOutcome(status: status, item: item, query: words, passages: passages))]
///   }
/// }
/// ```
public protocol ContextPrefetcher: Sendable {
  /// Takes in an event; answers what to do, in order.
  mutating func received(_ event: ContextEvent, at now: NIODeadline) -> [ContextAction]

  /// The time of the next ``ContextEvent/deadlinePassed``; nil: none. Read after each event.
  var nextDeadline: NIODeadline? { get }
}
