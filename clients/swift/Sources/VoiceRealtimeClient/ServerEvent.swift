import Foundation

/// The members of the gateway's events that this client reads.
struct ServerEvent: Decodable {
  struct Source: Decodable {
    var title: String?
    var source: String?
  }

  struct Response: Decodable {
    var id: String?
    var status: String?
  }

  var type: String
  var sessionID: String?
  var resumed: Bool?
  var expiresAt: Double?
  var itemID: String?
  var responseID: String?
  var delta: String?
  var transcript: String?
  var text: String?
  var reason: String?
  var message: String?
  var sources: [Source]?
  var error: VoiceFault?
  var response: Response?

  enum CodingKeys: String, CodingKey {
    case type, resumed, delta, transcript, text, reason, message, sources, error, response
    case sessionID = "session_id"
    case expiresAt = "expires_at"
    case itemID = "item_id"
    case responseID = "response_id"
  }

  init?(_ text: String) {
    // A member of another shape than expected is no reason to lose the event's type.
    guard let data = text.data(using: .utf8) else { return nil }
    if let event = try? JSONDecoder().decode(ServerEvent.self, from: data) {
      self = event
    } else {
      struct Bare: Decodable { var type: String }
      guard let bare = try? JSONDecoder().decode(Bare.self, from: data) else { return nil }
      type = bare.type
    }
  }
}
