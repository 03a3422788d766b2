import NIOCore
import VoiceCore

/// A caller: notes what it hears and when, and hangs up after the last answer.
final class Caller: RealtimeConnectionDelegate {
  private let connection: any RealtimeConnection
  private let scenario: Scenario
  private let measurements: Measurements
  private let done: EventLoopPromise<Void>
  private var heard: Set<String> = []

  init(_ connection: any RealtimeConnection, scenario: Scenario, measurements: Measurements, done: EventLoopPromise<Void>) {
    self.connection = connection
    self.scenario = scenario
    self.measurements = measurements
    self.done = done
  }

  func received(_ message: RealtimeMessage) {
    let now = NIODeadline.now()
    let text = String(buffer: message.bytes)
    if text.contains("\"response.output_audio.delta\"") {
      guard let id = Self.value("response_id", in: text), heard.insert(id).inserted, let stopped = measurements.timeOfSpeechEnd(id) else {
        return
      }
      measurements.note(scenario) { $0.totals.append(Double((now - stopped).nanoseconds) / 1e6) }
    } else if text.contains("\"voice.rag.context\"") {
      noteContext(text)
    } else if text.contains("\"id\":\"last\"") {
      connection.close(WebSocketClosure(code: 1000))
    }
  }

  private func noteContext(_ text: String) {
    let status = Self.value("status", in: text) ?? "?"
    let query = Self.value("query", in: text)?.lowercased() ?? ""
    let needed = ["battery", "nantes", "warranty", "batterie"]
    measurements.note(scenario) {
      $0.statuses[status, default: 0] += 1
      $0.contexts += 1
      if needed.contains(where: query.contains) { $0.rightQueries += 1 }
    }
  }

  private static func value(_ name: String, in text: String) -> String? {
    guard let start = text.firstRange(of: "\"\(name)\":\"")?.upperBound else { return nil }
    return String(text[start...].prefix { $0 != "\"" })
  }

  func readCompleted() {}
  func writabilityChanged(_ isWritable: Bool) {}
  func closed(_ closure: WebSocketClosure) { done.succeed() }
}
