import FoundationEssentials
import NIOCore
import VoiceCore

/// A stored session as versioned JSON.
///
/// Version 2 is written. Version 1 is read: it had whole seconds, the items' JSON alone, and neither counters nor dropped items.
/// Unknown members are passed over, and counters that are missing are 0, so that instances of neighbouring releases share a store.
enum StoredSessionCodec {
  static let version = 2

  /// Written by hand: after an outage every session is written at once, and an encoder takes ten times as long.
  static func encode(_ session: StoredSession) -> ByteBuffer {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1_024 + session.items.reduce(0) { $0 + $1.json.utf8.count * 5 / 4 + 64 })
    func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }
    func member(_ name: Document.CodingKeys, _ text: String) {
      raw(",\"\(name.rawValue)\":")
      JSONText.appendQuoted(text, to: &bytes)
    }
    raw("{\"v\":\(version)")
    member(.id, session.id.rawValue)
    member(.userID, session.userID)
    if let plan = session.plan { member(.plan, plan) }
    member(.model, session.model)
    raw(",\"created_at\":\(session.createdAt.milliseconds),\"updated_at\":\(session.updatedAt.milliseconds)")
    raw(",\"dropped_items\":\(session.droppedItems),\"counters\":")
    StoredCounters(session.counters).append(to: &bytes)
    if let configuration = session.configuration { member(.session, configuration) }
    raw(",\"items\":[")
    for (index, item) in session.items.enumerated() {
      raw(index == 0 ? "{\"id\":" : ",{\"id\":")
      JSONText.appendQuoted(item.id, to: &bytes)
      raw(",\"json\":")
      JSONText.appendQuoted(item.json, to: &bytes)
      raw("}")
    }
    raw("]}")
    return ByteBuffer(bytes: bytes)
  }

  static func decode(_ buffer: ByteBuffer) throws -> StoredSession {
    let data = Data(buffer.readableBytesView)
    let decoder = JSONDecoder()
    do {
      switch try decoder.decode(Version.self, from: data).v {
      case 1: return try decoder.decode(FirstDocument.self, from: data).stored()
      case 2: return try decoder.decode(Document.self, from: data).stored()
      case let other: throw UnreadableSession("the stored session has version \(other), which this release does not know")
      }
    } catch let error as UnreadableSession { throw error } catch let error as DecodingError {
      throw UnreadableSession("the stored session is damaged: \(error.place)")
    } catch { throw UnreadableSession("the stored session is damaged") }
  }

  private struct Version: Decodable { var v: Int }

  private struct Document: Decodable {
    var id: String
    var userID: String
    var plan: String?
    var model: String
    /// Milliseconds since 1970.
    var createdAt: Int64
    var updatedAt: Int64
    var counters: StoredCounters
    /// JSON text, as it came from the client.
    var session: String?
    var items: [StoredItem]
    var droppedItems: Int

    enum CodingKeys: String, CodingKey {
      case id, plan, model, counters, session, items
      case userID = "user_id"
      case createdAt = "created_at"
      case updatedAt = "updated_at"
      case droppedItems = "dropped_items"
    }

    func stored() throws -> StoredSession {
      StoredSession(
        id: try StoredSessionCodec.sessionID(id), userID: userID, plan: plan, model: model, createdAt: UnixTime(milliseconds: createdAt),
        updatedAt: UnixTime(milliseconds: updatedAt), counters: counters.counters, configuration: session, items: items,
        droppedItems: droppedItems)
    }
  }

  private struct FirstDocument: Decodable {
    var id: String
    var userID: String
    var plan: String?
    var model: String
    /// Seconds since 1970.
    var createdAt: Int64
    var updatedAt: Int64
    var session: String?
    var items: [String]

    enum CodingKeys: String, CodingKey {
      case id, plan, model, session, items
      case userID = "user_id"
      case createdAt = "created_at"
      case updatedAt = "updated_at"
    }

    func stored() throws -> StoredSession {
      let named = items.enumerated().map { index, json in
        let name = try? JSONDecoder().decode(ItemName.self, from: Data(json.utf8)).id
        return StoredItem(id: name ?? "item_stored_\(index)", json: json)
      }
      return StoredSession(
        id: try StoredSessionCodec.sessionID(id), userID: userID, plan: plan, model: model, createdAt: UnixTime(seconds: createdAt),
        updatedAt: UnixTime(seconds: updatedAt), configuration: session, items: named)
    }
  }

  private struct ItemName: Decodable { var id: String }

  fileprivate static func sessionID(_ text: String) throws -> SessionID {
    guard let id = SessionID(text) else { throw UnreadableSession("the stored session has no valid id") }
    return id
  }
}

extension DecodingError {
  /// Place of the fault, without the content.
  fileprivate var place: String {
    let context: Context? =
      switch self {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context), .dataCorrupted(let context): context
      @unknown default: nil
      }
    let path = context?.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".") ?? ""
    return path.isEmpty ? "it is no JSON object of this kind" : "at \(path)"
  }
}
