public import VoiceCore

/// The body of `GET /v1/voice/stats`.
public struct StatsReport: Codable, Sendable, Equatable {
  public struct Sessions: Codable, Sendable, Equatable {
    public var active: Int
    /// New sessions; resumed ones count apart.
    public var started: Int
    public var resumed: Int
    public var ended: [String: Int]
    public var refused: [String: Int]
  }
  public struct Flow: Codable, Sendable, Equatable {
    public var fromClient: Int
    public var toClient: Int
    enum CodingKeys: String, CodingKey {
      case fromClient = "from_client"
      case toClient = "to_client"
    }
  }
  /// Null where nothing was recorded.
  public struct Percentiles: Codable, Sendable, Equatable {
    public var count: UInt64
    public var p50: Double?
    public var p95: Double?
    public var p99: Double?
    enum CodingKeys: String, CodingKey {
      case count
      case p50 = "p50_ms"
      case p95 = "p95_ms"
      case p99 = "p99_ms"
    }
  }
  public struct Retrieval: Codable, Sendable, Equatable {
    /// Queries that ended, whatever came of them: of one turn there may be several.
    public var queries: Int
    public var cancelled: Int
    public var failed: Int
    public var hit: Int
    public var late: Int
    public var miss: Int
    public var stale: Int
    public var error: Int
    public var p50: Double?
    public var p95: Double?
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
    public var windowSeconds: Int64
    public var turnLatency: Percentiles
    public var rag: Percentiles
    enum CodingKeys: String, CodingKey {
      case windowSeconds = "window_seconds"
      case turnLatency = "turn_latency"
      case rag
    }
  }
  public struct Upstream: Codable, Sendable, Equatable {
    public var connect: Percentiles
    public var failed: [String: Int]
  }
  public struct Tokens: Codable, Sendable, Equatable {
    public var today: TokenUsage
    public var total: TokenUsage
    public var byModel: [String: TokenUsage]
    enum CodingKeys: String, CodingKey {
      case today, total
      case byModel = "by_model"
    }
  }
  public struct Cost: Codable, Sendable, Equatable {
    public var today: Double
    public var total: Double
    public var byModel: [String: Double]
    /// Responses and transcripts whose price is not known, by model: their cost is in no sum.
    public var unpriced: [String: Int]
    enum CodingKeys: String, CodingKey {
      case today, total
      case byModel = "by_model"
      case unpriced
    }
  }
  public struct Users: Codable, Sendable, Equatable {
    public var today: Int
  }

  /// `instance`, or `cluster` where all instances are summed.
  public var scope: String
  /// Number of instances.
  public var instances: Int
  public var timestamp: String
  public var uptimeSeconds: Int64
  public var sessions: Sessions
  public var audioChunks: Flow
  public var bytes: Flow
  public var messages: Flow
  public var rag: Retrieval
  public var turnLatency: Percentiles
  public var recent: Recent
  public var upstream: Upstream
  public var interruptions: Int
  public var responses: [String: Int]
  public var tokens: Tokens
  public var costUSD: Cost
  public var users: Users
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
