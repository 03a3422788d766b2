public import VoiceCore

/// Keeps what a ticket stands for, until it is taken once or its time is over.
public protocol TicketStore: Sendable {
  /// - Parameter meaning: whatever the ticket stands for, as text.
  func put(_ ticket: Secret, meaning: Secret, timeToLive: Duration) async throws
  /// What the ticket stands for; nil where it is unknown, taken or over. Of many who take at once, on any instance, one gets it.
  func take(_ ticket: Secret) async throws -> Secret?
}
