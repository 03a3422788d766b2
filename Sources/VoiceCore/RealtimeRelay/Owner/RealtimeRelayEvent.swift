/// Event of a session for its owner, which is off the event loop. See ``RealtimeRelayEvents``.
/// Boxed: a task that waits for one keeps room for the largest, and there is one for each session.
public indirect enum RealtimeRelayEvent: Sendable, Equatable {
  /// Something worth storing happened: with this the session can go on elsewhere. A newer one replaces one that was not read yet.
  case checkpoint(StoredConversation, SessionCounters)
  /// All that the session has cost since it began here, in US dollars. Only with ``RealtimeRelayConfiguration/reportsCost``, and only
  /// for a model whose price is known.
  case spent(Double)
  /// The client sent `voice.token.refresh`: verify the token in a task of its own, then call ``RealtimeRelayHandle/tokenRefreshed(expiresAt:)``
  /// or ``RealtimeRelayHandle/tokenRefused()``. A newer one replaces one that was not read yet.
  case tokenOffered(Secret)
  /// ``RealtimeRelayHandle/remind()`` was called since the last event of this kind.
  case reminded
  /// Both legs are gone; `spent` is the final sum. The last event. A session whose client moved to an older one has none.
  case ended(CloseReason, SessionSummary, didOpen: Bool, spent: Double)
}
