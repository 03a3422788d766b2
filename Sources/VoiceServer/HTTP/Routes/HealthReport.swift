import VoiceCore

/// The body of `GET /v1/voice/health`.
struct HealthReport: Codable, Sendable, Equatable {
  enum Status: String, Codable, Sendable { case healthy, degraded, disabled, draining }
  struct Retrieval: Codable, Sendable, Equatable {
    /// `weaviate`, `embedded`, `http` or `none`.
    var source: String
  }
  struct Redis: Codable, Sendable, Equatable {
    var available = false
    var enabled = false
    /// Memory serves.
    var usingFallback = false
    /// Redis serves, and refuses a part of what is needed. Told by the status alone.
    var isImpaired = false
    /// The password as `***`.
    var url: String?
    var version: String?
    var connectedClients: Int?
    var usedMemory: String?

    enum CodingKeys: String, CodingKey {
      case available = "redis_available"
      case enabled = "redis_enabled"
      case usingFallback = "using_fallback"
      case url = "redis_url"
      case version = "redis_version"
      case connectedClients = "connected_clients"
      case usedMemory = "used_memory_human"
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(available, forKey: .available)
      try container.encode(enabled, forKey: .enabled)
      try container.encode(usingFallback, forKey: .usingFallback)
      try container.encode(url, forKey: .url)
      try container.encode(version, forKey: .version)
      try container.encode(connectedClients, forKey: .connectedClients)
      try container.encode(usedMemory, forKey: .usedMemory)
    }
  }

  var status: Status
  var featureEnabled: Bool
  var openAIConfigured: Bool
  var weaviateEnabled: Bool
  var rag: Retrieval
  var redis: Redis
  var activeSessions: Int
  var version: String
  var timestamp: String

  enum CodingKeys: String, CodingKey {
    case status
    case featureEnabled = "feature_enabled"
    case openAIConfigured = "openai_configured"
    case weaviateEnabled = "weaviate_enabled"
    case rag
    case redis
    case activeSessions = "active_sessions"
    case version, timestamp
  }

  /// Draining comes before all else, then the flag, then what is missing.
  static func status(
    phase: Lifecycle.Phase, isEnabled: Bool, redis: Redis, hasUpstreamKey: Bool, hasKeys: Bool = true, isRetrievalDegraded: Bool = false
  )
    -> Status
  {
    if phase == .draining { return .draining }
    if !isEnabled { return .disabled }
    return (redis.enabled && redis.usingFallback) || redis.isImpaired || !hasUpstreamKey || !hasKeys || isRetrievalDegraded
      ? .degraded : .healthy
  }
}
