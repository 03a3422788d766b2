public import NIOCore
public import VoiceCore

/// Contract of every `RealtimeConnector` and of the connections that it opens. See ``SessionStoreConformance`` for how to run it.
public enum RealtimeConnectorConformance {
  /// Implementation under test, and what the rules need beside it.
  public struct Subject: Sendable {
    let connector: any RealtimeConnector
    let target: RealtimeTarget
    let eventLoop: any EventLoop
    let pass: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - target: a Realtime server that says `session.created` first, and answers an event that it does not know with `error`.
    ///   - pass: lets the event loop work for a few milliseconds, or moves an embedded one by as much.
    ///   - connector: implementation under test.
    ///   - eventLoop: event loop that everything runs on.
    public init(
      connector: any RealtimeConnector, target: RealtimeTarget, eventLoop: any EventLoop, pass: @escaping @Sendable () async throws -> Void
    ) {
      self.connector = connector
      self.target = target
      self.eventLoop = eventLoop
      self.pass = pass
    }

    /// Dials, and lets time pass until `isEnough`.
    func dial(_ target: RealtimeTarget? = nil, until isEnough: @escaping @Sendable (DialRecord) -> Bool) async throws -> Peer {
      let peer = NIOLoopBoundBox.makeBoxSendingValue(DialRecord(), eventLoop: eventLoop)
      let chosen = target ?? self.target
      let box = Peer(record: peer, subject: self)
      try await box.onLoop { [connector, eventLoop] record in
        connector.connect(to: chosen, on: eventLoop) { connection in
          record.opened += 1
          record.connection = connection
          return record
        } failed: { error in
          record.failures.append(error.code)
        }
        record.wasCalledBack = record.opened + record.failures.count > 0
      }
      try await box.wait(isEnough)
      return box
    }
  }

  private typealias Rule = ConformanceRule<Subject>

  /// Rules of the suite; run every one against your implementation.
  public static let rules: [ConformanceRule<Subject>] = [
    Rule("a connection opens once, after the call, and the server's first event is received whole") { subject in
      let peer = try await subject.dial { !$0.texts.isEmpty }
      try await peer.check { record in
        try require(!record.wasCalledBack, "a callback came before connect returned")
        try requireEqual(record.opened, 1, "the number of openings")
        try requireEqual(record.failures.count, 0, "the number of failures")
        try require(record.texts[0].contains("session.created"), "the first event is \(record.texts[0].prefix(80))")
        try require(record.readCompletions > 0, "the end of the read was not told")
      }
      try await peer.end()
    },
    Rule("what is sent moves with flush, in order, and each message is answered") { subject in
      let peer = try await subject.dial { !$0.texts.isEmpty }
      try await peer.onLoop { record in
        for index in 0..<3 {
          record.connection?.send(RealtimeMessage(ByteBuffer(string: #"{"type":"no.such.event","event_id":"e\#(index)"}"#)))
        }
        record.connection?.flush()
      }
      try await peer.wait { $0.texts.count { $0.contains(#""type":"error""#) } >= 3 }
      try await peer.check { record in
        let errors = record.texts.filter { $0.contains(#""type":"error""#) }
        for index in 0..<3 { try require(errors[index].contains("\"e\(index)\""), "answer \(index) is \(errors[index].prefix(120))") }
      }
      try await peer.end()
    },
    Rule("nothing is received while reading is off, and nothing is lost") { subject in
      let peer = try await subject.dial { !$0.texts.isEmpty }
      let before = try await peer.value { record in
        record.connection?.setReading(false)
        record.connection?.send(RealtimeMessage(ByteBuffer(string: #"{"type":"no.such.event"}"#)))
        record.connection?.flush()
        return record.texts.count
      }
      for _ in 0..<5 { try await subject.pass() }
      // One read may have been under way.
      let during = try await peer.value { $0.texts.count }
      try require(during <= before + 1, "\(during - before) messages came while reading was off")
      try await peer.onLoop { $0.connection?.setReading(true) }
      try await peer.wait { $0.texts.contains { $0.contains(#""type":"error""#) } }
      try await peer.end()
    },
    Rule("a close is told once, last, with what was said") { subject in
      let peer = try await subject.dial { !$0.texts.isEmpty }
      try await peer.onLoop { record in
        record.connection?.close(WebSocketClosure(code: 1000, reason: "done"))
        record.connection?.close(WebSocketClosure(code: 1001))
      }
      try await peer.wait { !$0.closures.isEmpty }
      for _ in 0..<5 { try await subject.pass() }
      try await peer.check { record in
        try requireEqual(record.closures.map(\.code), [1000], "the closes")
        try requireEqual(record.callsAfterClose, 0, "calls after the close")
      }
    },
    Rule("an abort ends the connection at once, and is told once as code 1006") { subject in
      let peer = try await subject.dial { !$0.texts.isEmpty }
      try await peer.onLoop { $0.connection?.abort() }
      try await peer.wait { !$0.closures.isEmpty }
      try await peer.onLoop { $0.connection?.abort() }
      for _ in 0..<5 { try await subject.pass() }
      try await peer.check { record in
        try requireEqual(record.closures, [.abnormal], "the closes")
        try requireEqual(record.callsAfterClose, 0, "calls after the close")
      }
    },
    Rule("a URL that is none fails once as invalid_url, and opens nothing") { subject in
      for url in ["", "ws://", "https://host/", "no url"] {
        let peer = try await subject.dial(RealtimeTarget(url: url)) { !$0.failures.isEmpty }
        for _ in 0..<3 { try await subject.pass() }
        try await peer.check { record in
          try requireEqual(record.failures, [.invalidURL], "the failures of “\(url)”")
          try requireEqual(record.opened, 0, "the number of openings")
          try require(!record.wasCalledBack, "the failure came before connect returned")
        }
      }
    },
  ]
}
