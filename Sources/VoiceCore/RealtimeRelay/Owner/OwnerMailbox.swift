import NIOConcurrencyHelpers

/// The slots that a session's owner reads: the latest cost, the latest checkpoint, the token that was offered last, a reminder, the end.
///
/// Nothing here can push something else out: what a client can cause at will never shares a slot with money or an ending.
final class OwnerMailbox: Sendable {
  private struct Slots {
    var spent: Double?
    var checkpoint: (StoredConversation, SessionCounters)?
    var offered: Secret?
    var isReminded = false
    var isOver = false
    var ending: RealtimeRelayEvent?
  }

  private let slots = NIOLockedValueBox(Slots())
  private let wakeUp: AsyncStream<Void>.Continuation
  /// Yields whenever a slot was filled; finishes with the session.
  let wakeUps: AsyncStream<Void>

  init() { (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  // MARK: From the loop

  func spent(_ dollars: Double) { fill { $0.spent = dollars } }

  func checkpoint(_ conversation: StoredConversation, _ counters: SessionCounters) { fill { $0.checkpoint = (conversation, counters) } }

  func offered(_ token: Secret) { fill { $0.offered = token } }

  /// The session is over; nil: its client went on in an older one.
  func ended(_ ending: RealtimeRelayEvent?) {
    fill {
      $0.isOver = true
      $0.ending = ending
    }
    wakeUp.finish()
  }

  private func fill(_ body: (inout Slots) -> Void) {
    slots.withLockedValue(body)
    wakeUp.yield()
  }

  // MARK: From the owner

  /// Reminds the owner. Safe on any thread.
  func remind() { fill { $0.isReminded = true } }

  /// Empties the first slot that is full. What was said and spent comes before the end.
  func take() -> RealtimeRelayEvent? {
    slots.withLockedValue { slots in
      if let dollars = slots.spent.take() { return .spent(dollars) }
      if let (conversation, counters) = slots.checkpoint.take() { return .checkpoint(conversation, counters) }
      if let token = slots.offered.take() { return .tokenOffered(token) }
      // A session that is over has nothing to renew.
      if slots.isReminded, !slots.isOver {
        slots.isReminded = false
        return .reminded
      }
      return slots.ending.take()
    }
  }
}
