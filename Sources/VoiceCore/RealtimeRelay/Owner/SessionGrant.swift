/// Decision of admission on a session.
public struct SessionGrant: Sendable, Equatable {
  /// User who was admitted.
  public var userID: String
  /// Plan of the user, if the token names one.
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
  /// The caller as retrievers see it; the relay adds the session.
  public var asker: RetrievalAsker
  /// Steps of the decision, in order.
  public var steps: [AdmissionStep]

  /// True if a stored session goes on.
  public var isResumed: Bool { resumed != nil }

  /// Creates a session grant.
  public init(
    userID: String, plan: String?, model: String? = nil, rateLimit: RateDecision? = nil, tokenExpiresAt: UnixTime? = nil,
    resumed: ResumedSession? = nil, preset: PresetSession? = nil, asker: RetrievalAsker = RetrievalAsker(), steps: [AdmissionStep] = []
  ) {
    self.userID = userID
    self.plan = plan
    self.model = model
    self.rateLimit = rateLimit
    self.tokenExpiresAt = tokenExpiresAt
    self.resumed = resumed
    self.preset = preset
    self.asker = asker
    self.steps = steps
  }
}

/// A part of admission.
public struct AdmissionStep: Sendable, Equatable {
  /// `auth`, `limit` or `store`.
  public var name: String
  /// Time that the step took.
  public var took: Duration
  /// Creates an admission step.
  public init(_ name: String, took: Duration) {
    self.name = name
    self.took = took
  }
}

/// A session that goes on: under its old name, with what it had.
public struct ResumedSession: Sendable, Equatable {
  /// Session that goes on.
  public var id: SessionID
  /// Conversation so far.
  public var conversation: StoredConversation
  /// Counters so far.
  public var counters: SessionCounters
  /// Time since the session first began; it counts against the time limit.
  public var elapsed: Duration

  /// Creates a resumed session.
  public init(id: SessionID, conversation: StoredConversation, counters: SessionCounters, elapsed: Duration) {
    self.id = id
    self.conversation = conversation
    self.counters = counters
    self.elapsed = elapsed
  }
}
