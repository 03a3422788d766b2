/// Decision of admission on a session.
public struct SessionGrant: Sendable, Equatable {
  public var userID: String
  public var plan: String?
  /// Model that upstream is dialled for; nil: as the session's context says.
  public var model: String?
  /// Nil when there is no limit.
  public var rateLimit: RateDecision?
  /// A deadline of the session; nil when tokens are none.
  public var tokenExpiresAt: UnixTime?
  /// The session that goes on; nil for a new one.
  public var resumed: ResumedSession?
  /// Settings that a new session begins with; nil: upstream's defaults.
  public var preset: PresetSession?
  /// Steps of the decision, in order.
  public var steps: [AdmissionStep]

  public var isResumed: Bool { resumed != nil }

  public init(
    userID: String, plan: String?, model: String? = nil, rateLimit: RateDecision? = nil, tokenExpiresAt: UnixTime? = nil,
    resumed: ResumedSession? = nil, preset: PresetSession? = nil, steps: [AdmissionStep] = []
  ) {
    self.userID = userID
    self.plan = plan
    self.model = model
    self.rateLimit = rateLimit
    self.tokenExpiresAt = tokenExpiresAt
    self.resumed = resumed
    self.preset = preset
    self.steps = steps
  }
}

/// A part of admission.
public struct AdmissionStep: Sendable, Equatable {
  /// `auth`, `limit` or `store`.
  public var name: String
  public var took: Duration
  public init(_ name: String, took: Duration) {
    self.name = name
    self.took = took
  }
}

/// A session that goes on: under its old name, with what it had.
public struct ResumedSession: Sendable, Equatable {
  public var id: SessionID
  public var conversation: StoredConversation
  public var counters: SessionCounters
  /// Time since the session first began; it counts against the time limit.
  public var elapsed: Duration

  public init(id: SessionID, conversation: StoredConversation, counters: SessionCounters, elapsed: Duration) {
    self.id = id
    self.conversation = conversation
    self.counters = counters
    self.elapsed = elapsed
  }
}
