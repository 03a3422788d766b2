import Foundation
import NIOCore
import VoiceCore

@testable import VoiceSimulator

/// A recorded sequence of events, from `Tests/Fixtures`.
struct Fixture {
  struct Line {
    var milliseconds: Double
    var isFromClient: Bool
    var leg: String
    var event: JSON?
    var close: WebSocketClosure?
    /// The event as JSON text, or a raw frame's payload.
    var text: String?
    var isBinary = false
  }

  private(set) var lines: [Line] = []

  /// - Parameter leg: which side of a gateway; sequences that have one leg only are the same on both.
  init(_ name: String, file: StaticString = #filePath) throws {
    let folder = URL(fileURLWithPath: "\(file)").deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(name + "_") }
    let text = try String(contentsOf: folder.appendingPathComponent(names[0]), encoding: .utf8)
    for line in text.split(separator: "\n").dropFirst() {
      guard let json = JSON.parse(String(line)) else { throw CocoaError(.fileReadCorruptFile) }
      let close = json["close"].map { WebSocketClosure(code: UInt16($0["code"]?.int ?? 0), reason: $0["reason"]?.string ?? "") }
      let frame = json["frame"]
      let isData = ["text", "binary"].contains(frame?["opcode"]?.string)
      lines.append(
        Line(
          milliseconds: json["t"]?.number ?? 0, isFromClient: json["dir"]?.string == "c2s", leg: json["leg"]?.string ?? "",
          event: json["event"], close: close,
          text: json["event"]?.text ?? (isData ? frame?["text"]?.string ?? frame?["payload_b64"]?.string : nil),
          isBinary: frame?["opcode"]?.string == "binary"))
    }
    // The simulator stands upstream.
    if lines.contains(where: { $0.leg == "upstream" }) { lines.removeAll { $0.leg == "client" } }
  }

  var clientLines: [Line] { lines.filter { $0.isFromClient && $0.text != nil } }
  var serverEvents: [JSON] { lines.filter { !$0.isFromClient }.compactMap(\.event) }
  var closure: WebSocketClosure? { lines.last { !$0.isFromClient && $0.close != nil }?.close }
  var milliseconds: Double { lines.last?.milliseconds ?? 0 }

  /// What the server said by then.
  func serverEvents(before milliseconds: Double) -> [JSON] {
    lines.filter { !$0.isFromClient && $0.milliseconds <= milliseconds }.compactMap(\.event)
  }

  /// Events as types, with runs of deltas folded and without what floats between them.
  static func steps(_ events: [JSON]) -> [String] {
    var steps: [String] = []
    for event in events {
      guard let type = event["type"]?.string, type != "rate_limits.updated", !type.contains("input_audio_transcription") else { continue }
      if type.hasSuffix(".delta"), steps.suffix(3).contains(type) { continue }
      switch type {
      case "error": steps.append("error \(event["error"]?["code"]?.string ?? "-")")
      case "response.done": steps.append("\(type) \(event["response"]?["status"]?.string ?? "-") \(reason(event))")
      default: steps.append(type)
      }
    }
    return steps
  }

  private static func reason(_ event: JSON) -> String {
    let details = event["response"]?["status_details"]
    return details?["reason"]?.string ?? details?["error"]?["code"]?.string ?? "-"
  }

  /// Ids that the server gave out, by kind, in the order in which a client sees them first.
  static func ids(_ events: [JSON]) -> [String: [String]] {
    var ids: [String: [String]] = [:]
    for event in events {
      let item = event["item"]
      for id in [event["response"]?["id"], item?["id"], item?["call_id"], event["item_id"]] {
        guard let id = id?.string, let kind = ["resp_", "item_", "call_"].first(where: id.hasPrefix) else { continue }
        if !ids[kind, default: []].contains(id) { ids[kind, default: []].append(id) }
      }
    }
    return ids
  }
}
