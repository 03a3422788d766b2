public import VoiceCore

/// The body of `GET /v1/voice/stats`.
public struct StatsReport: Codable, Sendable, Equatable {
  /// Counts of sessions.
  public struct Sessions: Codable, Sendable, Equatable {
    /// Sessions that run now.
    public var active: Int
    /// New sessions; resumed ones count apart.
    public var started: Int
    /// Sessions that were resumed.
    public var resumed: Int
    /// Sessions that ended, by reason.
    public var ended: [String: Int]
    /// Callers that were refused, by reason.
    public var refused: [String: Int]
  }
  /// Counts in both directions.
  public struct Flow: Codable, Sendable, Equatable {
    /// Count from clients.
    public var fromClient: Int
    /// Count to clients.
    public var toClient: Int
    enum CodingKeys: String, CodingKey {
      case fromClient = "from_client"
      case toClient = "to_client"
    }
  }
  /// Null where nothing was recorded.
  public struct Percentiles: Codable, Sendable, Equatable {
    /// Number of values.
    public var count: UInt64
    /// Median in milliseconds.
    public var p50: Double?
    /// 95th percentile in milliseconds.
    public var p95: Double?
    /// 99th percentile in milliseconds.
    public var p99: Double?
    enum CodingKeys: String, CodingKey {
      case count
      case p50 = "p50_ms"
      case p95 = "p95_ms"
      case p99 = "p99_ms"
    }
  }
  /// Counts of queries, and of turns by the outcome of their context.
  public struct Retrieval: Codable, Sendable, Equatable {
    /// Queries that ended, whatever came of them: of one turn there may be several.
    public var queries: Int
    /// Queries that were cancelled.
    public var cancelled: Int
    /// Queries that failed.
    public var failed: Int
    /// Turns whose passages cover the question.
    public var hit: Int
    /// Turns whose query was still under way at the deadline.
    public var late: Int
    /// Turns for which nothing was found.
    public var miss: Int
    /// Turns whose passages cover a part of the question.
    public var stale: Int
    /// Turns for which every query failed.
    public var error: Int
    /// Median time of a query in milliseconds.
    public var p50: Double?
    /// 95th percentile of a query's time in milliseconds.
    public var p95: Double?
    /// 99th percentile of a query's time in milliseconds.
    public var p99: Double?
    /// Mean share of a question's content words that its query held, 0 to 1.
    public var coverage: Double?
    enum CodingKeys: String, CodingKey {
      case queries, cancelled, failed, hit, late, miss, stale, error, coverage
      case p50 = "p50_ms"
      case p95 = "p95_ms"
      case p99 = "p99_ms"
    }
  }
  /// The last minutes alone, where all else is since the start.
  public struct Recent: Codable, Sendable, Equatable {
    /// Length of the window in seconds.
    public var windowSeconds: Int64
    /// End of speech to first audio.
    public var turnLatency: Percentiles
    /// Times of queries.
    public var rag: Percentiles
    enum CodingKeys: String, CodingKey {
      case windowSeconds = "window_seconds"
      case turnLatency = "turn_latency"
      case rag
    }
  }
  /// Dials of the Realtime API.
  public struct Upstream: Codable, Sendable, Equatable {
    /// Times from the dial to `session.created`.
    public var connect: Percentiles
    /// Dials that failed, by reason.
    public var failed: [String: Int]
  }
  /// Tokens that upstream reported.
  public struct Tokens: Codable, Sendable, Equatable {
    /// Tokens of the day, UTC.
    public var today: TokenUsage
    /// Tokens since the start.
    public var total: TokenUsage
    /// Tokens since the start, by model.
    public var byModel: [String: TokenUsage]
    enum CodingKeys: String, CodingKey {
      case today, total
      case byModel = "by_model"
    }
  }
  /// Cost in US dollars.
  public struct Cost: Codable, Sendable, Equatable {
    /// Cost of the day, UTC.
    public var today: Double
    /// Cost since the start.
    public var total: Double
    /// Cost since the start, by model.
    public var byModel: [String: Double]
    /// Responses and transcripts whose price is not known, by model: their cost is in no sum.
    public var unpriced: [String: Int]
    enum CodingKeys: String, CodingKey {
      case today, total
      case byModel = "by_model"
      case unpriced
    }
  }
  /// Counts of users.
  public struct Users: Codable, Sendable, Equatable {
    /// Distinct users of the day.
    public var today: Int
  }

  /// `instance`, or `cluster` where all instances are summed.
  public var scope: String
  /// Number of instances.
  public var instances: Int
  /// Time of the report, ISO 8601.
  public var timestamp: String
  /// Seconds since the start.
  public var uptimeSeconds: Int64
  /// Counts of sessions.
  public var sessions: Sessions
  /// Messages with audio.
  public var audioChunks: Flow
  /// Payload bytes.
  public var bytes: Flow
  /// Messages.
  public var messages: Flow
  /// Queries and their outcomes.
  public var rag: Retrieval
  /// End of speech to first audio.
  public var turnLatency: Percentiles
  /// Percentiles of the last minutes.
  public var recent: Recent
  /// Dials of the Realtime API.
  public var upstream: Upstream
  /// Answers that users spoke over.
  public var interruptions: Int
  /// Responses by status.
  public var responses: [String: Int]
  /// Tokens that upstream reported.
  public var tokens: Tokens
  /// Cost in US dollars.
  public var costUSD: Cost
  /// Counts of users.
  public var users: Users
  /// Error events by code.
  public var errors: [String: Int]

  enum CodingKeys: String, CodingKey {
    case scope, instances, timestamp
    case uptimeSeconds = "uptime_seconds"
    case sessions
    case audioChunks = "audio_chunks"
    case bytes, messages, rag
    case turnLatency = "turn_latency"
    case recent, upstream, interruptions, responses, tokens
    case costUSD = "cost_usd"
    case users, errors
  }
}
