import Testing

/// Frames that RFC 6455 forbids, and such as pass a limit, said in an open session to the server as it is shipped.
@Suite(.timeLimit(.minutes(2))) struct HostileFrameTests {
  private struct Fault: Sendable {
    var name: String
    var code: UInt16
    var reason: String
    var bytes: [UInt8]

    init(_ name: String, _ code: UInt16, _ reason: String, _ frames: ClientFrame...) {
      (self.name, self.code, self.reason) = (name, code, reason)
      bytes = frames.flatMap(\.bytes)
    }
  }

  private static let faults: [Fault] = [
    Fault("an unmasked frame", 1002, "Client frames must be masked", ClientFrame(opcode: 1, payload: [0x7B, 0x7D], isMasked: false)),
    Fault("RSV1", 1002, "Reserved bits are set", ClientFrame(opcode: 1, payload: [0x7B, 0x7D], reserved: 4)),
    Fault("RSV2", 1002, "Reserved bits are set", ClientFrame(opcode: 1, payload: [0x7B, 0x7D], reserved: 2)),
    Fault("RSV3 of a ping", 1002, "Reserved bits are set", ClientFrame(opcode: 9, reserved: 1)),
    Fault("opcode 3", 1002, "Reserved opcode", ClientFrame(opcode: 3)),
    Fault("opcode 11", 1002, "Reserved opcode", ClientFrame(opcode: 11)),
    Fault(
      "a ping of 126 bytes", 1002, "Control frames carry at most 125 bytes",
      ClientFrame(opcode: 9, payload: [UInt8](repeating: 0, count: 126))),
    Fault("a ping in parts", 1002, "Control frames must not be fragmented", ClientFrame(opcode: 9, isFinal: false)),
    Fault("a continuation of nothing", 1002, "Continuation without a message", .more([0x20])),
    Fault("a message inside another", 1002, "A message began inside another", .text("{", isFinal: false), .text("}")),
    Fault("a close code that must not be sent", 1002, "Bad close code", ClientFrame(opcode: 8, payload: [0x03, 0xED])),
    Fault("a close of one byte", 1002, "Bad close payload", ClientFrame(opcode: 8, payload: [0x03])),
    Fault("bad UTF-8", 1007, "Invalid UTF-8", .text([0x22, 0xFF, 0x22])),
    Fault("bad UTF-8 over two fragments", 1007, "Invalid UTF-8", .text([0x22, 0xE2, 0x82], isFinal: false), .more([0x22])),
    Fault("a character that is cut off", 1007, "Invalid UTF-8", .text([0x22, 0xE2], isFinal: false), .more([0x82])),
    Fault("a surrogate over two fragments", 1007, "Invalid UTF-8", .text([0xED], isFinal: false), .more([0xA0, 0x80])),
  ]

  /// Says `bytes` in an open session, and reads until the server has closed.
  private func end(of server: ServerProcess, after bytes: [UInt8]) async throws -> [UInt8] {
    try await server.withSession(token: ServerProcess.token()) { talk in
      try await talk.send(bytes)
      return try await talk.bytesToEnd()
    }
  }

  @Test func `each fault of a frame has its close code and reason`() async throws {
    try await ServerProcess.with { server in
      for fault in Self.faults {
        let close = ClientFrame.serverClose(fault.code, fault.reason)
        let end = try await end(of: server, after: fault.bytes)
        #expect(end.suffix(close.count) == close[...], "\(fault.name)")
      }
      var stats = ""
      while !stats.contains(#""active":0"#) { stats = try await server.request("GET", "/v1/voice/stats").body }
      #expect(stats.contains(#""client_protocol_error":\#(Self.faults.count)"#))
    }
  }

  @Test func `1,024 fragments are a message, and one more is too many`() async throws {
    try await ServerProcess.with { server in
      func fragments(_ count: Int) -> [UInt8] {
        let event = Array(#"{"type":"voice.session.end"}"#.utf8)
        let empty = (0..<count - 2).flatMap { _ in ClientFrame.more([], isFinal: false).bytes }
        return ClientFrame.text(Array(event.dropLast()), isFinal: false).bytes + empty + ClientFrame.more(event.suffix(1)).bytes
      }
      let whole = try await end(of: server, after: fragments(1_024) + ClientFrame(opcode: 8, payload: [0x03, 0xE8]).bytes)
      let ended = ClientFrame.serverClose(1000, "Session ended")
      #expect(whole.suffix(ended.count) == ended[...])
      let refused = try await end(of: server, after: fragments(1_025))
      let close = ClientFrame.serverClose(1008, "Too many fragments")
      #expect(refused.suffix(close.count) == close[...])
    }
  }

  @Test func `a message over the limit is refused at its head, whole or in parts`() async throws {
    try await ServerProcess.with(["VOICE_MAX_CLIENT_MESSAGE_BYTES": "2000"]) { server in
      let large = [UInt8](repeating: 0x20, count: 2_001)
      let close = ClientFrame.serverClose(1009, "Message too large")
      for bytes in [
        ClientFrame.text(large).head,
        ClientFrame.text(Array(large.prefix(1_500)), isFinal: false).bytes + ClientFrame.more(Array(large.prefix(501))).head,
      ] {
        let end = try await end(of: server, after: bytes)
        #expect(end.suffix(close.count) == close[...])
        #expect(String(decoding: end, as: UTF8.self).contains(#""code":"message_too_large""#))
      }
      let fits = #"{"type":"ping","event_id":"\#(String(repeating: "x", count: 1_950))"}"#
      try await server.withSession(token: ServerProcess.token()) { talk in
        try await talk.send(ClientFrame.text(fits).bytes)
        #expect(try await talk.read(through: #""type":"pong""#).hasSuffix(#""type":"pong""#))
      }
    }
  }
}
