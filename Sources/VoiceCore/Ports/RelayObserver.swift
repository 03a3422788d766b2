/// Watches sessions: metrics, traces, Sentry, stats and logs are fed from here and from nowhere else.
///
/// Called on the session's event loop: an implementation counts or queues, and never blocks.
public protocol RelayObserver: Sendable {
  /// Takes note of one event. Never blocks.
  func observed(_ event: RelayEvent, in session: SessionContext)
  /// Counts what crossed since the last report, once a read loop: the path of every message leads here. An observer of events alone leaves
  /// it out.
  func relayed(_ traffic: RelayTraffic, by session: SessionID)
}

extension RelayObserver {
  /// Counts nothing.
  public func relayed(_ traffic: RelayTraffic, by session: SessionID) {}
}

/// The session that an event belongs to. Holds no token and no e-mail.
public struct SessionContext: Sendable, Equatable {
  /// Session that the event belongs to.
  public var id: SessionID
  /// Nil until the token was verified.
  public var userID: String?
  /// Plan of the user; nil until the token was verified, or where it names none.
  public var plan: String?
  /// Model that was asked for.
  public var model: String
  /// True on `/v1/ws/voice`, false on `/v1/realtime`.
  public var hasVoiceEvents: Bool
  /// Nil where tracing is off.
  public var trace: TraceContext?

  /// Creates a session context.
  public init(
    id: SessionID, userID: String? = nil, plan: String? = nil, model: String, hasVoiceEvents: Bool, trace: TraceContext? = nil
  ) {
    self.id = id
    self.userID = userID
    self.plan = plan
    self.model = model
    self.hasVoiceEvents = hasVoiceEvents
    self.trace = trace
  }
}

/// Event in the life of a session, for observers.
public enum RelayEvent: Sendable, Equatable {
  /// The client may speak, and upstream is about to be dialled: the steps that led here, in order.
  case admitted([AdmissionStep])
  /// The session was admitted and its upstream is open.
  case started(resumed: Bool)
  /// The client dropped; its session is kept warm for it.
  case clientLost
  /// A client went on in a session that was still running.
  case clientReturned
  /// Never admitted, or admitted and upstream never opened.
  case refused(CloseReason, wasAdmitted: Bool = false)
  /// Upstream is open; the time is that from the dial to its `session.created`.
  case upstreamOpened(after: Duration)
  /// The dial came to nothing, or upstream closed before `session.created`.
  case upstreamFailed(label: String)
  /// First audio (or text) of an answer.
  case turn(TurnMetrics)
  /// The user spoke while an answer was still being made.
  case interrupted
  /// A turn was settled: what it got of its context.
  case retrieval(RetrievalMetrics)
  /// One query ended: a turn has several, or none.
  case queried(QueryMetrics)
  /// A call of one of the gateway's own tools ended.
  case toolCalled(ToolMetrics)
  /// A response ended: `completed`, `cancelled`, `failed` or `incomplete`.
  case responseDone(status: String, usage: TokenUsage?)
  /// Input transcription is billed apart: seconds of audio by model.
  case transcribed(model: String, seconds: Double)
  /// An `error` event of upstream or of the gateway, by its code.
  case error(code: String)
  /// The session ended.
  case ended(CloseReason, SessionSummary)
}

/// Messages and bytes that crossed, since the last report.
public struct RelayTraffic: Sendable, Equatable, Codable {
  /// Messages from the client.
  public var messagesFromClient = 0
  /// Messages to the client.
  public var messagesToClient = 0
  /// Messages with audio from the client.
  public var audioChunksFromClient = 0
  /// Messages with audio to the client.
  public var audioChunksToClient = 0
  /// Payload bytes from the client.
  public var bytesFromClient = 0
  /// Payload bytes to the client.
  public var bytesToClient = 0
  /// Audio deltas of an answer that the user spoke over: never sent.
  public var droppedAudioChunks = 0
  /// Change of the bytes that wait for a client that reads slowly: the sum of all reports is what waits now.
  public var waitingBytes = 0
  /// Creates counts of zero.
  public init() {}
  /// True if nothing crossed and nothing changed.
  public var isEmpty: Bool { messagesFromClient == 0 && messagesToClient == 0 && droppedAudioChunks == 0 && waitingBytes == 0 }
}

/// Times of one turn.
public struct TurnMetrics: Sendable, Equatable {
  /// Response of the turn.
  public var responseID: String
  /// Nil when no speech came before, as in a typed turn.
  public var speechStoppedToFirstAudio: Duration?
  /// Time that the gateway added to wait for context.
  public var contextWait: Duration
  /// Time from the request for the answer to its first audio.
  public var upstream: Duration

  /// Creates turn metrics.
  public init(responseID: String, speechStoppedToFirstAudio: Duration?, contextWait: Duration, upstream: Duration) {
    self.responseID = responseID
    self.speechStoppedToFirstAudio = speechStoppedToFirstAudio
    self.contextWait = contextWait
    self.upstream = upstream
  }
}

/// Duration and counters of a session.
public struct SessionSummary: Sendable, Equatable {
  /// Time from the start to the end.
  public var duration: Duration
  /// Counters of the whole session.
  public var counters: SessionCounters
  /// Creates a session summary.
  public init(duration: Duration, counters: SessionCounters) {
    self.duration = duration
    self.counters = counters
  }
}
