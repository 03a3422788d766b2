public import TelemetryExport
public import VoiceCore

/// Counts sessions for release health: those that ended by a fault of the server's side are errored.
public struct SentrySessionObserver: RelayObserver {
  private let client: SentryClient
  private let now: @Sendable () -> UnixTime

  /// Creates a Sentry session observer.
  public init(client: SentryClient, now: @escaping @Sendable () -> UnixTime) {
    self.client = client
    self.now = now
  }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    switch event {
    case .ended(let reason, let summary): client.sessionEnded(startedAt: now() - summary.duration, isErrored: reason.isServerFault)
    case .refused(let reason, _) where reason.isServerFault: client.sessionEnded(startedAt: now(), isErrored: true)
    default: break
    }
  }
}
