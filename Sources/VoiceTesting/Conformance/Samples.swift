import VoiceCore

/// Fresh names, so that rules can share one server.
enum Samples {
  static func id() -> SessionID {
    var generator = SystemRandomNumberGenerator()
    return SessionID(using: &generator)
  }

  static func ids(_ count: Int) -> [SessionID] { (0..<count).map { _ in id() } }

  static func owner(_ generation: Int64, on instance: String = "a") -> SessionOwner {
    SessionOwner(instance: instance, generation: generation)
  }

  /// Returns a user id with characters that keys and scripts must carry unchanged.
  static func user() -> String { "ü{s}er \"\(id().rawValue.suffix(12))\"\r\n" }

  static func session(user: String, createdAt: UnixTime) -> StoredSession {
    var counters = SessionCounters()
    counters.audioChunksFromClient = 3
    counters.turns = 2
    counters.usage.inputAudio = 1_234
    counters.usage.total = 5_678
    return StoredSession(
      id: id(), userID: user, plan: "elite", model: "gpt-realtime-2.1", createdAt: createdAt, updatedAt: createdAt + .milliseconds(1_501),
      counters: counters, configuration: #"{"type":"realtime","instructions":"Say \"hi\" \\ \u0000 é 🎙"}"#,
      items: (0..<5).map { index in
        StoredItem(
          id: "item_\(index)",
          json: #"{"id":"item_\#(index)","type":"message","role":"user","content":[{"type":"input_text","text":"Ünï\r\n\#(index) 🎙"}]}"#)
      }, droppedItems: 7)
  }
}
