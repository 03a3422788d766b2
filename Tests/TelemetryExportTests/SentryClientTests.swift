import Foundation
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Testing
import VoiceCore

@testable import TelemetryExport

@Suite struct SentryClientTests {
  /// Takes every envelope, and keeps its last line.
  private final class Ingest: HTTPClient {
    let bodies = NIOLockedValueBox<[[UInt8]]>([])
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    init() { (stream, continuation) = AsyncStream.makeStream() }

    func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
      #expect(request.headerFields[.contentType] == "application/x-sentry-envelope")
      bodies.withLockedValue { $0.append(Array(body?.readableBytesView ?? ByteBuffer().readableBytesView)) }
      continuation.yield()
      return HTTPClientResponse(head: HTTPResponse(status: .ok), body: ByteBuffer())
    }
  }

  private let ingest = Ingest()
  private let client: SentryClient
  private let logger: Logger

  init() throws {
    let client = SentryClient(
      dsn: try SentryDSN("https://0123456789abcdef0123456789abcdef@sentry.example/1"),
      configuration: SentryConfiguration(release: "voice@1", tracesSampleRate: 0.5), http: ingest,
      now: { UnixTime(seconds: 1_795_230_000) })
    self.client = client
    logger = Logger(label: "test") { SentryLogHandler(label: $0, client: client) }
  }

  /// Runs the sender until so many envelopes were sent.
  private func sent(_ count: Int) async throws -> [[UInt8]] {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await client.run() }
      var waiter = ingest.stream.makeAsyncIterator()
      for _ in 0..<count { await waiter.next() }
      group.cancelAll()
    }
    return ingest.bodies.withLockedValue { $0 }
  }

  @Test(.timeLimit(.minutes(1))) func `an error goes out, one of many, gzipped`() async throws {
    logger.info("began")
    for _ in 0..<1_000 { logger.error("broke", metadata: ["token": "canary", "user": "ada"]) }
    let bodies = try await sent(1)
    #expect(bodies.count == 1 && bodies[0].starts(with: [0x1F, 0x8B]))
  }

  @Test func `traces are sampled by their own digits, at the rate that is set`() {
    var generator = SystemRandomNumberGenerator()
    let sampled = (0..<4_000).count { _ in client.isSampled(traceID: TraceContext.hexadecimal(words: 2, using: &generator)) }
    #expect((1_800...2_200).contains(sampled))
  }

  @Test func `an event has breadcrumbs of its session and of the process, and no secret`() throws {
    var event = SentryEvent(
      LogEvent(
        level: .error, message: "lost", metadata: nil, source: nil, file: "VoiceCore/Relay.swift", function: "run()", line: 7),
      ["token": "canary", "session": "s1", "plan": "elite", "error": "Bearer canary", "user": "ada"], label: "voice", id: "e", spanID: "s",
      time: UnixTime(seconds: 1))
    event.repeats = 3
    var crumbs = SentryBreadcrumbs(capacity: 3)
    for (index, session) in ["s1", nil, "s2", "s1", "s2"].enumerated() {
      crumbs.add(
        SentryBreadcrumb(
          time: UnixTime(seconds: Int64(index)), level: .info, label: "l", message: "m\(index) token=canary", session: session))
    }
    let envelope = event.envelope(client.configuration, breadcrumbs: crumbs.trail(of: "s1", limit: 10))
    let text = String(decoding: envelope.payload, as: UTF8.self)
    #expect(!text.contains("canary"))
    #expect(text.contains("m3") && !text.contains("m4") && !text.contains("m0"))
    let json = try #require(try JSONSerialization.jsonObject(with: Data(envelope.payload)) as? [String: Any])
    #expect((json["tags"] as? [String: String]) == ["plan": "elite"])
    #expect((json["extra"] as? [String: Any])?["repeats"] as? Int == 3)
    let exceptions = (json["exception"] as? [String: Any])?["values"] as? [[String: Any]]
    #expect(exceptions?.first?["type"] as? String == "lost" && exceptions?.first?["value"] as? String == "Bearer [scrubbed]")
  }
}
