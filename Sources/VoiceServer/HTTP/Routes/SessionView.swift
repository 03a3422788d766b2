import Foundation
import TelemetryExport
import VoiceCore

/// The body of `GET /v1/voice/sessions/{id}`.
struct SessionView: Codable, Sendable, Equatable {
  var sessionID: String
  var userID: String
  var plan: String?
  var model: String
  var createdAt: String
  var updatedAt: String
  var isActive: Bool
  var counters: SessionCounters
  var configuration: JSONValue
  var items: [JSONValue]
  var droppedItems: Int

  enum CodingKeys: String, CodingKey {
    case sessionID = "session_id"
    case userID = "user_id"
    case plan, model
    case createdAt = "created_at"
    case updatedAt = "updated_at"
    case isActive = "active"
    case counters
    case configuration = "session"
    case items
    case droppedItems = "dropped_items"
  }

  init(_ session: StoredSession, isActive: Bool) {
    sessionID = session.id.rawValue
    userID = session.userID
    plan = session.plan
    model = session.model
    createdAt = ISO8601.text(session.createdAt)
    updatedAt = ISO8601.text(session.updatedAt)
    self.isActive = isActive
    counters = session.counters
    configuration = session.configuration.flatMap(Self.value) ?? .null
    items = session.items.map { Self.value($0.json) ?? .null }
    droppedItems = session.droppedItems
  }

  private static func value(_ json: String) -> JSONValue? { try? JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)) }
}
