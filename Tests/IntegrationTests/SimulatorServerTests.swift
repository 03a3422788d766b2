import Foundation
import NIOCore
import NIOPosix
import Testing
import VoiceSimulator

/// What of the simulator only a socket can tell.
@Suite(.timeLimit(.minutes(1))) struct SimulatorServerTests {
  /// How a connection ended, as its peer saw it, and what it said until then.
  private struct Outcome {
    var bytes: [UInt8] = []
    var wasReset = false
    var text: String { String(decoding: bytes, as: Unicode.ASCII.self) }
  }

  private func connect(
    _ configuration: SimulatorConfiguration, query: String = "?model=gpt-realtime-2.1", headers: String = "Authorization: Bearer key\r\n",
    until isEnough: @Sendable @escaping (Outcome) -> Bool = { _ in false }
  ) async throws -> Outcome {
    var configuration = configuration
    configuration.voice = .tones
    let server = try await SimulatorServer.bind(
      configuration: configuration, group: MultiThreadedEventLoopGroup.singleton, wallClock: { 1_795_230_000 })
    defer { server.close() }
    let stream = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: server.port) {
      channel in
      channel.eventLoop.makeCompletedFuture {
        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
      }
    }
    return try await stream.executeThenClose { inbound, outbound in
      let head =
        "GET /v1/realtime\(query) HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      try await outbound.write(ByteBuffer(string: "\(head)\(headers)\r\n"))
      var outcome = Outcome()
      do {
        for try await bytes in inbound {
          outcome.bytes += bytes.readableBytesView
          if isEnough(outcome) { break }
        }
      } catch let error as IOError where error.errnoCode == ECONNRESET {
        outcome.wasReset = true
      }
      return outcome
    }
  }

  @Test func `a dropped connection ends with TCP's end, without a close frame`() async throws {
    var configuration = SimulatorConfiguration()
    configuration.dropAfter = .milliseconds(100)
    let outcome = try await connect(configuration)
    #expect(!outcome.wasReset)
    #expect(outcome.text.contains("session.created"))
    #expect(outcome.bytes.last == UInt8(ascii: "}"))
  }

  @Test func `a reset connection ends with an error`() async throws {
    var configuration = SimulatorConfiguration()
    configuration.resetAfter = .milliseconds(100)
    let outcome = try await connect(configuration)
    #expect(outcome.wasReset)
    #expect(outcome.text.contains("session.created"))
  }

  @Test func `pings come at the interval that is set`() async throws {
    var configuration = SimulatorConfiguration()
    configuration.pingInterval = .milliseconds(50)
    let outcome = try await connect(configuration) { $0.bytes.last == 0 && $0.bytes.dropLast().last == 0x89 }
    #expect(outcome.bytes.suffix(2) == [0x89, 0])
  }

  @Test func `without pings nothing comes in a silence`() async throws {
    var configuration = SimulatorConfiguration()
    configuration.pingInterval = nil
    configuration.dropAfter = .milliseconds(300)
    let outcome = try await connect(configuration)
    #expect(outcome.bytes.last == UInt8(ascii: "}"))
  }

  @Test(arguments: [
    ("?model=gpt-realtime-2.1", "api-key: key\r\n", "session.created", nil as UInt16?),
    ("?model=gpt%2Drealtime%2D2.1", "Authorization: Bearer key\r\n", "\"model\":\"gpt-realtime-2.1\"", nil),
    ("?model=gpt-realtime", "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.key\r\n", "Sec-WebSocket-Protocol: realtime", nil),
    ("?intent=transcription", "Authorization: Bearer key\r\n", "realtime.transcription_session", nil),
    ("?deployment=gpt-realtime", "api-key: key\r\n", "session.created", nil),
    ("?model=gpt-realtime-2.1", "", "Missing bearer", 3_000),
    ("?model=gpt-live-1", "Authorization: Bearer key\r\n", "invalid_model", 4_000),
    ("?model=gpt-realtime", "Authorization: Bearer key\r\nOpenAI-Beta: realtime=v1\r\n", "beta_api_shape_disabled", 4_000),
  ])
  func `an opening is judged by its query and its headers`(query: String, headers: String, said: String, code: UInt16?) async throws {
    var configuration = SimulatorConfiguration()
    configuration.dropAfter = .milliseconds(100)
    let outcome = try await connect(configuration, query: query, headers: headers) { outcome in
      guard let code else { return false }
      return outcome.bytes.suffix(80).contains([UInt8(code >> 8), UInt8(code & 0xFF)])
    }
    #expect(outcome.text.lowercased().contains(said.lowercased()))
  }
}
