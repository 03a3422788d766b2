import Foundation
import VoiceCore

/// The body of `GET /v1/voice/sessions/{id}`.
enum SessionView {
  /// Items nest no deeper than this; deeper ones are `null`.
  private static let limits = JSONParser.Limits(depth: 64, members: 1_000)

  static func json(_ session: StoredSession, isActive: Bool) -> JSONValue {
    var view = JSONObject()
    view["session_id"] = .string(session.id.rawValue)
    view["user_id"] = .string(session.userID)
    view["plan"] = session.plan.map { .string($0) } ?? .null
    view["model"] = .string(session.model)
    view["created_at"] = .string(ISO8601.text(session.createdAt))
    view["updated_at"] = .string(ISO8601.text(session.updatedAt))
    view["active"] = .boolean(isActive)
    view["counters"] = JSONBody.encoded(session.counters).flatMap { value(Array($0)) } ?? .null
    view["session"] = session.configuration.flatMap { value(Array($0.utf8)) } ?? .null
    view["items"] = .array(session.items.map { value(Array($0.json.utf8)) ?? .null })
    view["dropped_items"] = .number(String(session.droppedItems))
    return .object(view)
  }

  private static func value(_ json: [UInt8]) -> JSONValue? { try? JSONParser.parse(json, limits: limits) }
}
