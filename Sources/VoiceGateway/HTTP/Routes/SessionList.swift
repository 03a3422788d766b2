package import VoiceCore

/// The body of `GET /v1/voice/sessions`.
package struct SessionList: Codable, Sendable, Equatable {
  package struct Entry: Codable, Sendable, Equatable {
    package var sessionID: String
    package var userID: String
    package var plan: String?
    package var model: String
    package var createdAt: String
    package var updatedAt: String
    /// True where it runs on the instance that answers.
    package var isActive: Bool
    package var turns: Int

    package enum CodingKeys: String, CodingKey {
      case sessionID = "session_id"
      case userID = "user_id"
      case plan, model
      case createdAt = "created_at"
      case updatedAt = "updated_at"
      case isActive = "active"
      case turns
    }

    package init(_ session: StoredSession, isActive: Bool) {
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

  package var sessions: [Entry]

  package static func route(of user: String?) -> String { "/v1/voice/sessions" + (user.map { "?user=\(PercentCoding.encoded($0))" } ?? "") }
}
