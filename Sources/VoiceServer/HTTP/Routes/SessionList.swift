import TelemetryExport
import VoiceCore

/// The body of `GET /v1/voice/sessions`.
struct SessionList: Codable, Sendable, Equatable {
  struct Entry: Codable, Sendable, Equatable {
    var sessionID: String
    var userID: String
    var plan: String?
    var model: String
    var createdAt: String
    var updatedAt: String
    /// True where it runs on the instance that answers.
    var isActive: Bool
    var turns: Int

    enum CodingKeys: String, CodingKey {
      case sessionID = "session_id"
      case userID = "user_id"
      case plan, model
      case createdAt = "created_at"
      case updatedAt = "updated_at"
      case isActive = "active"
      case turns
    }

    init(_ session: StoredSession, isActive: Bool) {
      sessionID = session.id.rawValue
      userID = session.userID
      plan = session.plan
      model = session.model
      createdAt = ISO8601.text(session.createdAt)
      updatedAt = ISO8601.text(session.updatedAt)
      self.isActive = isActive
      turns = session.counters.turns
    }
  }

  var sessions: [Entry]

  static func route(of user: String?) -> String { "/v1/voice/sessions" + (user.map { "?user=\(PercentCoding.encoded($0))" } ?? "") }
}
