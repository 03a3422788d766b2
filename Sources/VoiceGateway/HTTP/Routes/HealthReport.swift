import SessionStore
import VoiceCore

/// The body of `GET /v1/voice/health`.
package struct HealthReport: Codable, Sendable, Equatable {
  package enum Status: String, Codable, Sendable { case healthy, degraded, disabled, draining }
  package struct Retrieval: Codable, Sendable, Equatable {
    /// `weaviate`, `embedded`, `http`, `none`, or a name of the embedder's own.
    package var source: String
  }
  package struct Redis: Codable, Sendable, Equatable {
    package var available = false
    package var enabled = false
    /// Memory serves.
    package var usingFallback = false
    /// Redis serves, and refuses a part of what is needed. Told by the status alone.
    package var isImpaired = false
    /// The password as `***`.
    package var url: String?
    package var version: String?
    package var connectedClients: Int?
    package var usedMemory: String?

    package enum CodingKeys: String, CodingKey {
      case available = "redis_available"
      case enabled = "redis_enabled"
      case usingFallback = "using_fallback"
      case url = "redis_url"
      case version = "redis_version"
      case connectedClients = "connected_clients"
      case usedMemory = "used_memory_human"
    }

    package func encode(to encoder: any Encoder) throws {
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

  package var status: Status
  package var featureEnabled: Bool
  package var openAIConfigured: Bool
  package var weaviateEnabled: Bool
  package var rag: Retrieval
  package var redis: Redis
  package var activeSessions: Int
  package var version: String
  package var timestamp: String

  package enum CodingKeys: String, CodingKey {
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
  static func status(phase: GatewayPhase, isEnabled: Bool, redis: Redis, hasUpstreamKey: Bool, isDegraded: Bool = false) -> Status {
    if phase == .draining { return .draining }
    if !isEnabled { return .disabled }
    let isWhole = !(redis.enabled && (redis.usingFallback || !redis.available)) && !redis.isImpaired && hasUpstreamKey && !isDegraded
    return isWhole ? .healthy : .degraded
  }
}

extension HealthReport.Redis {
  /// Memory serves where there is no report.
  init(_ report: RedisHealth.Report?) {
    guard let report else {
      usingFallback = true
      return
    }
    enabled = true
    available = report.isAvailable
    usingFallback = report.isUsingFallback
    isImpaired = report.isImpaired
    url = report.url
    version = report.version
    connectedClients = report.connectedClients
    usedMemory = report.usedMemory
  }
}
