/// The events of one session for its owner: state that is read, the newest of each kind. To be iterated once, by one task.
///
/// ```swift
/// for await event in relay.events {
///   switch event {
///   case .spent(let dollars): await pay(dollars)                        // the sum so far, not a difference
///   case .checkpoint(let conversation, let counters): await save(conversation, counters)
///   case .tokenOffered(let token): tasks.addTask { await verify(token) }   // not awaited: a slow issuer holds up nothing here
///   case .reminded: await renew()
///   case .ended(let reason, let summary, let didOpen, let spent): await settle(spent)
///   }
/// }
/// ```
/// The last checkpoint, the last cost and the end all come, however slow the loop's body is.
public struct RealtimeRelayEvents: AsyncSequence, Sendable {
  let mailbox: OwnerMailbox

  public struct AsyncIterator: AsyncIteratorProtocol {
    let mailbox: OwnerMailbox
    var wakeUps: AsyncStream<Void>.AsyncIterator

    public mutating func next() async -> RealtimeRelayEvent? {
      while true {
        if let event = mailbox.take() { return event }
        if await wakeUps.next() == nil { return mailbox.take() }
      }
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(mailbox: mailbox, wakeUps: mailbox.wakeUps.makeAsyncIterator()) }
}
