import Foundation
import NIOCore
import Testing
import VoiceCore

/// One line of a recorded sequence: what one side of one leg sent.
struct FixtureLine: Sendable {
  var isUpstreamLeg: Bool
  var isFromClient: Bool
  var message: RealtimeMessage?
  var closure: WebSocketClosure?
  /// Of the event; empty for all else.
  var type = ""
  var eventID = ""

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  /// All names that begin with one of `prefixes`.
  static func names(_ prefixes: [String]) -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return all.filter { name in prefixes.contains { name.hasPrefix($0) } }.sorted()
  }

  /// The lines of a file, pings and pongs left out: those are between neighbours.
  static func read(_ name: String) throws -> [FixtureLine] {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try text.split(separator: "\n").dropFirst().compactMap { line in
      let json = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      var found = FixtureLine(isUpstreamLeg: json["leg"] as? String == "upstream", isFromClient: json["dir"] as? String == "c2s")
      if let close = json["close"] as? [String: Any] {
        found.closure = WebSocketClosure(code: UInt16(close["code"] as? Int ?? 0), reason: close["reason"] as? String ?? "")
      } else if let frame = json["frame"] as? [String: Any] {
        switch frame["opcode"] as? String {
        case "text": found.message = RealtimeMessage(ByteBuffer(string: frame["text"] as? String ?? ""))
        case "binary":
          let data = Data(base64Encoded: frame["payload_b64"] as? String ?? "") ?? Data()
          found.message = RealtimeMessage(ByteBuffer(bytes: data), isText: false)
        default: return nil
        }
      } else {
        let event = try #require(json["event"] as? [String: Any])
        // The same event on both legs is the same text, whatever the order of a dictionary.
        let bytes = try JSONSerialization.data(withJSONObject: event, options: .sortedKeys)
        found.message = RealtimeMessage(ByteBuffer(bytes: bytes))
        found.type = event["type"] as? String ?? ""
        found.eventID = event["event_id"] as? String ?? ""
      }
      return found
    }
  }
}
