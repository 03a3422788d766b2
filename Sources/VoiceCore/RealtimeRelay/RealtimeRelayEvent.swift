/// What a session tells its owner, who waits off the event loop.
public enum RealtimeRelayEvent: Sendable, Equatable {
  /// The client sent `voice.token.refresh`: verify it, then call ``RealtimeRelayHandle/tokenRefreshed(expiresAt:)`` or
  /// ``RealtimeRelayHandle/tokenRefused(_:)``.
  case tokenOffered(Secret)
  /// A turn ended: store this, so that the session can go on elsewhere.
  case checkpoint(StoredConversation, SessionCounters)
  /// What the session has cost since it began here, in US dollars. Only with ``RealtimeRelayConfiguration/reportsCost``, and only for a
  /// model whose price is known.
  case spent(Double)
  /// Both legs are gone. The last event.
  case ended(CloseReason, SessionSummary, didOpen: Bool)
}
