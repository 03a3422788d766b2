import Testing

/// What is no handshake by RFC 6455 section 4.2.1, said to the server as it is shipped.
@Suite(.timeLimit(.minutes(2))) struct HostileHandshakeTests {
  /// A sound handshake, field by field; a field is replaced by `changes`, or left out where that is nil.
  private func handshake(
    _ changes: [String: String?] = [:], method: String = "GET", version: String = "HTTP/1.1", path: String = "/v1/realtime",
    more: String = ""
  ) -> String {
    var fields = [
      "Host": "127.0.0.1", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]
    for (name, value) in changes { fields[name] = value }
    return "\(method) \(path) \(version)\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + more + "\r\n"
  }

  private func answer(_ request: String, _ server: ServerProcess) async throws -> (status: Int, head: String, body: String) {
    try await RawConnection.with(port: server.port) { talk in
      try await talk.send(request)
      return try await talk.response()
    }
  }

  @Test func `each fault of a handshake has its status, and a JSON error`() async throws {
    try await ServerProcess.with { server in
      for path in ["/v1/realtime", "/v1/ws/voice", "/api/v1/realtime", "/api/v1/ws/voice"] {
        let faults: [(String, Int, String)] = [
          ("POST", 405, handshake(method: "POST", path: path)),
          ("HTTP/1.0", 400, handshake(version: "HTTP/1.0", path: path)),
          ("no Host", 400, handshake(["Host": nil], path: path)),
          ("two Hosts", 400, handshake(path: path, more: "Host: other\r\n")),
          ("a short key", 400, handshake(["Sec-WebSocket-Key": "c2hvcnQ="], path: path)),
          ("a long key", 400, handshake(["Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZSE="], path: path)),
          ("a key that is no Base64", 400, handshake(["Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!=="], path: path)),
          ("no key", 400, handshake(["Sec-WebSocket-Key": nil], path: path)),
          ("two keys", 400, handshake(path: path, more: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
          ("a body", 400, handshake(path: path, more: "Content-Length: 5\r\n") + "hello"),
          ("version 12", 426, handshake(["Sec-WebSocket-Version": "12"], path: path)),
          ("no version", 426, handshake(["Sec-WebSocket-Version": nil], path: path)),
          ("no Upgrade", 426, handshake(["Upgrade": nil], path: path)),
          ("another protocol", 426, handshake(["Upgrade": "h2c"], path: path)),
          ("Connection without Upgrade", 426, handshake(["Connection": "keep-alive"], path: path)),
        ]
        for (name, status, request) in faults {
          let answer = try await answer(request, server)
          #expect(answer.status == status, "\(name) at \(path)")
          #expect(answer.body.hasPrefix(#"{"error":{"type":"#), "\(name) at \(path)")
          let head = answer.head.lowercased()
          if status == 405 { #expect(head.contains("allow: get")) }
          if status == 426 { #expect(head.contains("upgrade: websocket") && head.contains("sec-websocket-version: 13")) }
        }
      }
      #expect(try await server.request("GET", "/livez").status == 200, "none of it did the server any harm")
    }
  }

  @Test func `compression is declined, and the subprotocol that the protocol has is chosen`() async throws {
    try await ServerProcess.with { server in
      let token = try ServerProcess.token()
      let plain = try await answer(handshake(more: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"), server)
      #expect(plain.status == 101)
      #expect(!plain.head.lowercased().contains("sec-websocket-extensions"))
      #expect(!plain.head.lowercased().contains("sec-websocket-protocol"), "none was offered")
      for offer in ["realtime, openai-insecure-api-key.\(token)", "openai-insecure-api-key.\(token), realtime, openai-beta.realtime-v1"] {
        let chosen = try await answer(handshake(["Sec-WebSocket-Protocol": offer]), server)
        #expect(chosen.status == 101)
        #expect(chosen.head.contains("Sec-WebSocket-Protocol: realtime\r\n"))
        #expect(!chosen.head.contains(token))
      }
      let unknown = try await answer(handshake(["Sec-WebSocket-Protocol": "chat"]), server)
      #expect(unknown.status == 101)
      #expect(!unknown.head.lowercased().contains("sec-websocket-protocol"))
      let broken = try await answer(handshake(["Sec-WebSocket-Protocol": "real time"]), server)
      #expect(broken.status == 400)
    }
  }

  @Test func `a head that is too large is refused, not held`() async throws {
    try await ServerProcess.with { server in
      let many = (0..<300).map { "X-\($0): y\r\n" }.joined()
      let long = String(repeating: "x", count: 100_000)
      for request in [handshake(more: many), handshake(["X-Long": long]), handshake(path: "/v1/realtime?" + long)] {
        let answer = try await answer(request, server)
        #expect(answer.status == 431)
      }
    }
  }

  @Test(arguments: ["", "GET /v1/realtime HTTP/1.1\r\nHost: a\r\n", "PO"])
  func `who takes too long over a handshake is closed, at whatever pace it goes on`(start: String) async throws {
    try await ServerProcess.with(["VOICE_HANDSHAKE_TIMEOUT_SECONDS": "1"]) { server in
      try await RawConnection.with(port: server.port) { talk in
        let began = ContinuousClock.now
        if !start.isEmpty { try await talk.send(start) }
        for _ in 0..<20 where !start.isEmpty && ContinuousClock.now - began < .milliseconds(900) {
          try? await talk.send("x")
          try await Task.sleep(for: .milliseconds(100))
        }
        _ = try await talk.readToEnd()
        #expect(ContinuousClock.now - began < .seconds(9), "not the default of 10 s")
      }
    }
  }
}
