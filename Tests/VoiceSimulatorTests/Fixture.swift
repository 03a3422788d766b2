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
    /// The event as it stands in the file, or a raw frame's payload.
    var text: String?
    var isBinary = false
  }

  var lines: [Line] = []

  init(_ name: String, file: StaticString = #filePath) throws {
    let folder = URL(fileURLWithPath: "\(file)").deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(name + "_") }
    let text = try String(contentsOf: folder.appendingPathComponent(names[0]), encoding: .utf8)
    for line in text.split(separator: "\n").dropFirst() {
      let json = try JSONDecoder().decode(JSON.self, from: Data(line.utf8))
      let close = json["close"].map { WebSocketClosure(code: UInt16($0["code"]?.int ?? 0), reason: $0["reason"]?.string ?? "") }
      let event = json["event"]
      let encoded = try event.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
      let frame = json["frame"]
      lines.append(
        Line(
          milliseconds: json["t"]?.number ?? 0, isFromClient: json["dir"]?.string == "c2s", leg: json["leg"]?.string ?? "", event: event,
          close: close, text: encoded ?? frame?["text"]?.string ?? frame?["payload_b64"]?.string,
          isBinary: frame?["opcode"]?.string == "binary"))
    }
  }

  /// The server's events as types, with runs of deltas folded and without what floats between them.
  static func steps(_ events: [JSON]) -> [String] {
    var steps: [String] = []
    for event in events {
      guard let type = event["type"]?.string, type != "rate_limits.updated", !type.contains("input_audio_transcription") else { continue }
      if type.hasSuffix(".delta"), steps.suffix(3).contains(type) { continue }
      steps.append(type == "error" ? "error \(event["error"]?["code"]?.string ?? "-")" : type)
    }
    return steps
  }
}
