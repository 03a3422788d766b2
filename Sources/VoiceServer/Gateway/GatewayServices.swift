import Logging
import RateLimiting
import SessionStore
import VoiceAuth
import VoiceCore

/// What the gateway works with. Each is a port: the composition root decides what stands behind it.
struct GatewayServices: Sendable {
  var verifier: any TokenVerifier
  var limiter: any RateLimiter
  var leases: any SessionLeases
  /// Nil: users may spend what they like.
  var spending: (any SpendLedger)?
  var store: any SessionStore
  /// Word between instances.
  var bus: any SessionBus
  var connector: any RealtimeConnector
  /// Nil: no context is looked for.
  var retriever: (any ContextRetriever)?
  /// Nil: the gateway has no tools of its own.
  var tools: (any ToolProvider)?
  var observer: any RelayObserver
  /// Flag, plans, beta users and percentage, as they are now.
  var admission: @Sendable () -> Admission
  /// Milliseconds since 1970, for what is stored and told.
  var wallClock: @Sendable () -> UnixTime
  var logger: Logger
}
