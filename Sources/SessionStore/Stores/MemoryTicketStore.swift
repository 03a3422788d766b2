import NIOConcurrencyHelpers
public import VoiceCore

/// Tickets in this process.
public final class MemoryTicketStore: TicketStore {
  private struct Ticket: Sendable {
    var meaning: Secret
    var expiresAt: UnixTime
  }

  private let now: @Sendable () -> UnixTime
  private let tickets: NIOLockedValueBox<ExpiringTable<Secret, Ticket>>

  /// - Parameters:
  ///   - longest: no ticket lives longer.
  ///   - capacity: with this many tickets, the one that was put first makes room.
  public init(longest: Duration = .seconds(7_200), capacity: Int = 100_000, now: @escaping @Sendable () -> UnixTime) {
    self.now = now
    tickets = NIOLockedValueBox(ExpiringTable(timeToLive: longest, capacity: capacity))
  }

  public func put(_ ticket: Secret, meaning: Secret, timeToLive: Duration) async {
    let time = now()
    tickets.withLockedValue { $0.set(ticket, Ticket(meaning: meaning, expiresAt: time + timeToLive), at: time) }
  }

  public func take(_ ticket: Secret) async -> Secret? {
    let time = now()
    return tickets.withLockedValue { tickets in
      guard let found = tickets.value(ticket, at: time) else { return nil }
      tickets.remove(ticket)
      return found.expiresAt > time ? found.meaning : nil
    }
  }
}
