import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing
import VoiceCore
import VoiceTransport

/// Recorded sequences as conversations through `voice-server` as it is built: order on both legs, and what the client must not see.
@Suite(.timeLimit(.minutes(2))) struct FixtureConversationTests {
  @Test func `what the gateway has no part in crosses as it was sent, ends included`() async throws {
    let stage = try await FixtureStage.start()
    defer { stage.stop() }
    try await ServerProcess.with(["OPENAI_REALTIME_URL": stage.url]) { (server: ServerProcess) async throws in
      for name in FixtureLine.names(["07_", "08_", "12_", "15_", "17"]) {
        var lines = try FixtureLine.read(name)
        // What a client says before upstream's first event is kept, and goes out behind it.
        let first = lines.firstIndex { !$0.isFromClient } ?? 0
        lines.insert(lines.remove(at: first), at: 0)
        var talk = try await stage.connect(to: server.port)
        for run in lines.chunked(by: \.isFromClient) {
          // What upstream says in one go arrives in one go: an error and a close are one verdict.
          for line in run { if line.isFromClient { talk.clientSays(line) } else { talk.upstreamSays(line) } }
          for line in run {
            let arrival = line.isFromClient ? try await talk.upstreamHears() : try await talk.clientHears()
            // A client's close ends the session: what upstream is told is the gateway's own.
            if line.isFromClient, line.closure != nil { continue }
            #expect(arrival == FixtureArrival(line), "\(name): \(line.type)")
          }
        }
        talk.end()
      }
    }
  }

  /// Those with two legs show what the gateway does by itself.
  @Test func `context goes in, answers are asked for, and the client sees a conversation without it`() async throws {
    let (stage, passages) = (try await FixtureStage.start(), try await PassageServer.start())
    defer {
      stage.stop()
      passages.stop()
    }
    let settings = ["OPENAI_REALTIME_URL": stage.url, "RAG_HTTP_URL": passages.url, "RAG_MAX_WAIT_MS": "30000", "RAG_TIMEOUT_MS": "60000"]
    try await ServerProcess.with(settings) { (server: ServerProcess) async throws in
      for name in FixtureLine.names(["04_", "05_", "18_"]) {
        passages.shut()
        var talk = try await stage.connect(to: server.port)
        var replay = try TwoLegReplay(name, passages)
        try await replay.run(&talk)
        talk.end()
      }
    }
  }

  @Test func `an error about an item of the gateway's own is hidden, and one about the client's is shown`() async throws {
    let stage = try await FixtureStage.start()
    defer { stage.stop() }
    try await ServerProcess.with(["OPENAI_REALTIME_URL": stage.url]) { (server: ServerProcess) async throws in
      var talk = try await stage.connect(to: server.port)
      for line in try FixtureLine.read("19_gateway_error_hidden.jsonl") {
        // The gateway has nothing to delete here; that the answer to it is hidden is what counts.
        if line.isUpstreamLeg, line.eventID.hasPrefix("gw_") { continue }
        let renamed = line.renaming("gwctx_gone", to: "gw_item_99")
        switch (line.isUpstreamLeg, line.isFromClient) {
        case (true, false): talk.upstreamSays(renamed)
        case (true, true):
          let arrival = try await talk.upstreamHears()
          #expect(renamed.isEqual(arrival))
        case (false, true): talk.clientSays(renamed)
        case (false, false):
          let arrival = try await talk.clientHears()
          #expect(renamed.isEqual(arrival))
        }
      }
      talk.end()
    }
  }
}

extension Array {
  /// Runs of neighbours that have the same value at `key`.
  fileprivate func chunked(by key: (Element) -> some Equatable) -> [ArraySlice<Element>] {
    var runs: [ArraySlice<Element>] = []
    for index in indices {
      if let last = runs.last, key(last[last.startIndex]) == key(self[index]) {
        runs[runs.count - 1] = self[last.startIndex...index]
      } else {
        runs.append(self[index...index])
      }
    }
    return runs
  }
}

/// One sequence with two legs. The gateway's own messages are compared by what they are, since it names and words them itself.
private struct TwoLegReplay {
  private let name: String
  private let passages: PassageServer
  private let lines: [FixtureLine]
  /// The recorded ids of the gateway's items, and the real ones.
  private var names: [String: String] = [:]
  private var turns = 0

  init(_ name: String, _ passages: PassageServer) throws {
    self.name = name
    self.passages = passages
    lines = try FixtureLine.read(name)
  }

  mutating func run(_ talk: inout FixtureStage.Talk) async throws {
    let hasWords = lines.contains { $0.type.hasSuffix("transcription.delta") }
    for (number, recorded) in lines.enumerated() {
      let place: Comment = "\(name), line \(number): \(recorded.type)"
      let line = names.reduce(recorded) { $0.renaming($1.key, to: $1.value) }
      switch (line.isUpstreamLeg, line.isFromClient) {
      case (false, true): talk.clientSays(line)
      case (false, false):
        let arrival = try await talk.clientHears()
        #expect(arrival == .init(line) || line.isEqual(arrival), place)
      case (true, false):
        // The gateway deletes what it put in late, and several at once.
        if line.type == "conversation.item.deleted" { continue }
        // What is recorded without words came from elsewhere; here they come from upstream.
        if !hasWords, line.type == "input_audio_buffer.speech_stopped" { talk.upstreamSays(try words(for: line)) }
        talk.upstreamSays(line)
        if line.type == "session.created" { try await settle(line, &talk) }
      case (true, true): try await expect(line, place, &talk)
      }
    }
  }

  /// The gateway's own update follows upstream's first event, and its answer is nothing to the client.
  private func settle(_ created: FixtureLine, _ talk: inout FixtureStage.Talk) async throws {
    let update = try await talk.upstreamHears()
    #expect(update.type == "session.update" && update.eventID.hasPrefix("gw_"))
    var event = try #require(created.object)
    event["type"] = "session.updated"
    var session = try #require(event["session"] as? [String: Any])
    var audio = session["audio"] as? [String: Any] ?? [:]
    var input = audio["input"] as? [String: Any] ?? [:]
    var detection = input["turn_detection"] as? [String: Any] ?? ["type": "server_vad"]
    detection["create_response"] = false
    input["turn_detection"] = detection
    audio["input"] = input
    session["audio"] = audio
    event["session"] = session
    talk.upstreamSays(RealtimeMessage(ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: event))))
  }

  private mutating func words(for stopped: FixtureLine) throws -> RealtimeMessage {
    turns += 1
    let item = try #require(stopped.object?["item_id"] as? String)
    let event: [String: Any] = [
      "type": "conversation.item.input_audio_transcription.delta", "item_id": item, "content_index": 0,
      "delta": "What is the refund policy for opened item number \(turns) of \(name.prefix(2))",
    ]
    return RealtimeMessage(ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: event)))
  }

  private mutating func expect(_ line: FixtureLine, _ place: Comment, _ talk: inout FixtureStage.Talk) async throws {
    guard line.eventID.hasPrefix("gw_") else {
      let arrival = try await talk.upstreamHears()
      guard line.type == "session.update" else { return #expect(arrival == .init(line), place) }
      // The client's own update, with the gateway's part in it.
      let sent = try #require(arrival.object)
      #expect(arrival.eventID == line.eventID, place)
      let session = try #require(sent["session"] as? [String: Any])
      let detection = ((session["audio"] as? [String: Any])?["input"] as? [String: Any])?["turn_detection"] as? [String: Any]
      #expect(detection?["create_response"] as? Bool == false, place)
      #expect(detection?["silence_duration_ms"] as? Int == 300, place)
      return
    }
    if line.type == "conversation.item.delete" { return }
    if line.type == "conversation.item.create" { passages.open() }
    let arrival = try await talk.upstreamHears()
    #expect(arrival.type == line.type && arrival.eventID.hasPrefix("gw_"), place)
    guard line.type == "conversation.item.create" else { return }
    let item = try #require(arrival.object?["item"] as? [String: Any])
    let id = try #require(item["id"] as? String)
    #expect(item["role"] as? String == "system" && id.hasPrefix("gw_") && id.utf8.count <= 32, place)
    let recorded = try #require((line.object?["item"] as? [String: Any])?["id"] as? String)
    names[recorded] = id
  }
}
