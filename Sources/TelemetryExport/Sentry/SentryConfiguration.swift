/// Description of the process and bounds of a ``SentryClient``.
public struct SentryConfiguration: Sendable {
  /// `name@version`. What Sentry would refuse in it is replaced on its way there: slashes, line feeds, what is beyond 200 bytes.
  public var release: String
  /// Name of the deployment, such as `production`. Sentry takes it where ``SentryEnvironment/isValid(_:)`` is true, else events have none.
  public var environment: String
  /// Name of the instance.
  public var serverName: String?
  /// Share of traces that are sent, 0 to 1, where no caller decided; a trace is sent whole or not at all. 0 sends none at all.
  public var tracesSampleRate: Double
  /// Names that stand for users in all that is sent.
  public var pseudonyms: UserPseudonyms
  /// Envelopes that may wait to be sent; beyond, the new one is dropped and counted.
  public var maxQueued = 256
  /// Their bytes together.
  public var maxQueuedBytes = 2_097_152
  /// Envelopes under way at once.
  public var maxInFlight = 4
  /// Maximum of breadcrumbs in an event.
  public var maxBreadcrumbs = 30
  /// Kept of all log lines, for events to come.
  public var maxKeptBreadcrumbs = 500
  /// The same error again within this time is counted, and told with the next one that is sent.
  public var repeatWindow = Duration.seconds(60)
  /// Interval of release health and client reports.
  public var reportInterval = Duration.seconds(60)
  /// Time allowed for one request.
  public var requestTimeout = Duration.seconds(10)
  /// Time allowed for a graceful shutdown to send what is queued.
  public var flushTimeout = Duration.seconds(2)

  /// Creates a Sentry configuration.
  public init(
    release: String, environment: String = "production", serverName: String? = nil, tracesSampleRate: Double = 0,
    pseudonyms: UserPseudonyms = .ephemeral()
  ) {
    self.pseudonyms = pseudonyms
    self.release = release
    self.environment = environment
    self.serverName = serverName
    self.tracesSampleRate = tracesSampleRate
  }
}
