import NIOConcurrencyHelpers

/// The slots that a session's owner reads: the latest cost, the latest checkpoint, the end, and apart from them the token that was
/// offered last.
///
/// Nothing here can push something else out: what a client can cause at will never shares a queue with money or an ending.
final class OwnerMailbox: Sendable {
  private struct Slots {
    var spent: Double?
    var checkpoint: (StoredConversation, SessionCounters)?
    var ending: RealtimeRelayEvent?
  }

  private let slots = NIOLockedValueBox(Slots())
  private let wakeUp: AsyncStream<Void>.Continuation
  private let offer: AsyncStream<Secret>.Continuation
  /// Yields whenever a slot was filled; finishes with the session.
  let wakeUps: AsyncStream<Void>
  let offeredTokens: AsyncStream<Secret>

  init() {
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    (offeredTokens, offer) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  // MARK: From the loop

  func spent(_ dollars: Double) { fill { $0.spent = dollars } }

  func checkpoint(_ conversation: StoredConversation, _ counters: SessionCounters) { fill { $0.checkpoint = (conversation, counters) } }

  func offered(_ token: Secret) { offer.yield(token) }

  /// The session is over; nil: its client went on in an older one.
  func ended(_ ending: RealtimeRelayEvent?) {
    fill { $0.ending = ending }
    wakeUp.finish()
    offer.finish()
  }

  private func fill(_ body: (inout Slots) -> Void) {
    slots.withLockedValue(body)
    wakeUp.yield()
  }

  // MARK: From the owner

  /// Empties the first slot that is full, the end last.
  func take() -> RealtimeRelayEvent? {
    slots.withLockedValue { slots in
      if let dollars = slots.spent.take() { return .spent(dollars) }
      if let (conversation, counters) = slots.checkpoint.take() { return .checkpoint(conversation, counters) }
      return slots.ending.take()
    }
  }
}
