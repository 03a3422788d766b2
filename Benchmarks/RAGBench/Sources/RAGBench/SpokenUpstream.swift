import Foundation
import NIOCore
import VoiceCore

/// Plays the provider, and a user who speaks a word every 250 ms: turn after turn, each answered 558 ms after it was asked for.
final class SpokenUpstream: RealtimeConnectionDelegate {
  private let connection: any RealtimeConnection
  private let eventLoop: any EventLoop
  private let scenario: Scenario
  private let design: Design
  private let measurements: Measurements
  private let session: Int
  private let turns: Int
  private var turn = 0
  private var committedAt: NIODeadline?
  private var isConfigured = false
  private var isClosed = false

  init(
    _ connection: any RealtimeConnection, on eventLoop: any EventLoop, scenario: Scenario, design: Design, session: Int, turns: Int,
    measurements: Measurements
  ) {
    self.connection = connection
    self.eventLoop = eventLoop
    self.scenario = scenario
    self.design = design
    self.session = session
    self.turns = turns
    self.measurements = measurements
    say(
      """
      {"type":"session.created","session":{"type":"realtime","model":"m","audio":{"input":{"transcription":null,"turn_detection":\
      {"type":"server_vad","create_response":true,"interrupt_response":true}}}}}
      """)
  }

  func received(_ message: RealtimeMessage) {
    let now = NIODeadline.now()
    let text = String(buffer: message.bytes)
    if text.contains("\"response.create\"") {
      answer(at: now)
    } else if text.contains("\"session.update\"") {
      say(
        """
        {"type":"session.updated","session":{"type":"realtime","model":"m","audio":{"input":{"transcription":{"model":"w"},\
        "turn_detection":{"type":"server_vad","create_response":false,"interrupt_response":true}}}}}
        """)
      guard !isConfigured else { return }
      isConfigured = true
      // Nobody begins to speak at the same moment as others.
      later(.milliseconds(Int64.random(in: 0..<3_000))) { self.speak() }
    }
  }

  private func speak() {
    guard turn < turns else { return say(#"{"type":"response.done","response":{"id":"last","conversation_id":"c","status":"completed"}}"#) }
    turn += 1
    let item = "item_\(session)_\(turn)"
    let number = session * turns + turn
    let question = Questions.question(scenario.kind, number: number)
    let words = question.text.replacing("#", with: "\(scenario.retrieval)x\(number)").split(separator: " ").map(String.init)
    say(#"{"type":"input_audio_buffer.speech_started","item_id":"\#(item)","audio_start_ms":0}"#)
    for (index, word) in words.enumerated() {
      let spokenAt = TimeAmount.milliseconds(Int64((index + 1) * Scenario.millisecondsPerWord))
      let isLast = index == words.count - 1
      if design.streamsWords || isLast {
        later(spokenAt) {
          if self.design.streamsWords { self.hear(word, in: item, isFirst: index == 0) }
          if isLast { self.stop(item, words) }
        }
      }
    }
  }

  private func hear(_ word: String, in item: String, isFirst: Bool) {
    say(
      """
      {"type":"conversation.item.input_audio_transcription.delta","item_id":"\(item)","content_index":0,"delta":"\(isFirst ? "" : " ")\(word)"}
      """)
  }

  private func stop(_ item: String, _ words: [String]) {
    let now = NIODeadline.now()
    measurements.speechStopped(response(of: turn), at: now)
    committedAt = now
    say(
      #"{"type":"input_audio_buffer.speech_stopped","item_id":"\#(item)","audio_end_ms":0}"#,
      #"{"type":"input_audio_buffer.committed","item_id":"\#(item)","previous_item_id":null}"#)
    if design.streamsWords { return complete(item, words, after: 130) }
    // A transcript that is made after the commit: a burst.
    for (index, word) in words.enumerated() {
      later(.milliseconds(Int64(60 + 4 * index))) { self.hear(word, in: item, isFirst: index == 0) }
    }
    complete(item, words, after: 130 + 4 * words.count)
  }

  private func complete(_ item: String, _ words: [String], after milliseconds: Int) {
    let text = words.joined(separator: " ")
    later(.milliseconds(Int64(milliseconds))) {
      self.say(
        """
        {"type":"conversation.item.input_audio_transcription.completed","item_id":"\(item)","content_index":0,"transcript":"\(text)"}
        """)
    }
  }

  private func answer(at now: NIODeadline) {
    guard let committedAt else { return }
    self.committedAt = nil
    measurements.note(scenario) { $0.waits.append(Double((now - committedAt).nanoseconds) / 1e6) }
    let id = response(of: turn)
    say(#"{"type":"response.created","response":{"id":"\#(id)","conversation_id":"c","status":"in_progress"}}"#)
    later(.milliseconds(Int64(Scenario.model))) {
      self.say(
        #"{"type":"response.output_audio.delta","response_id":"\#(id)","item_id":"a","output_index":0,"content_index":0,"delta":"AAAA"}"#)
      self.later(.milliseconds(200)) {
        self.say(#"{"type":"response.done","response":{"id":"\#(id)","conversation_id":"c","status":"completed"}}"#)
        self.later(.milliseconds(300)) { self.speak() }
      }
    }
  }

  private func response(of turn: Int) -> String { "resp_\(scenario.name)_\(session)_\(turn)" }

  private func later(_ delay: TimeAmount, _ work: @escaping () -> Void) {
    eventLoop.assumeIsolated().scheduleTask(in: delay) { if !self.isClosed { work() } }
  }

  private func say(_ events: String...) {
    for event in events { connection.send(RealtimeMessage(ByteBuffer(string: event))) }
    connection.flush()
  }

  func readCompleted() {}
  func writabilityChanged(_ isWritable: Bool) {}
  func closed(_ closure: WebSocketClosure) { isClosed = true }
}
