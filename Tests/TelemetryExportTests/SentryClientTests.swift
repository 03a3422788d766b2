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
    let sampled = (0..<4_000).count { _ in client.isSampled(traceID: generator.hexadecimal(words: 2)) }
    #expect((1_800...2_200).contains(sampled))
  }

  @Test func `an event has breadcrumbs of its session and of the process, and no secret`() throws {
    var event = SentryEvent(
      LogEvent(
        level: .error, message: "lost", metadata: nil, source: nil, file: "VoiceCore/Relay.swift", function: "run()", line: 7),
      ["token": "canary", "session": "s1", "plan": "elite", "error": "Bearer canary", "user": "ada"], label: "voice", id: "e", spanID: "s",
      time: UnixTime(seconds: 1), pseudonyms: client.configuration.pseudonyms)
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

  private func event(_ metadata: Logger.Metadata, line: UInt = 7, error: (any Error)? = nil) -> SentryEvent {
    SentryEvent(
      LogEvent(level: .error, message: "lost", error: error, metadata: nil, source: nil, file: "F.swift", function: "run()", line: line),
      metadata, label: "voice", id: "e", spanID: "s", time: UnixTime(seconds: 1), pseudonyms: client.configuration.pseudonyms)
  }

  @Test func `errors of one line are told apart by their code and their user`() {
    #expect(event(["code": "a", "user": "ada"]).kind == event(["code": "a", "user": "ada", "session": "s2"]).kind)
    #expect(event(["code": "a"]).kind != event(["code": "b"]).kind)
    #expect(event(["user": "ada"]).kind != event(["user": "bob"]).kind)
    #expect(event(["error": "timeout: 10.0.0.1"]).kind == event(["error": "timeout: 10.0.0.2"]).kind)
    #expect(event(["error": "timeout: x"]).kind != event(["error": "refused: x"]).kind)
  }

  @Test(arguments: ["ada@example.org", "+33 6 12 34 56 78", "Ada Lovelace", "ädä"])
  func `a user's own name is in no event, breadcrumb or transaction, and one user is one user`(user: String) throws {
    var failure = event(["user": "\(user)", "hint": "of \(user), again"])
    failure.message = "Rate limit exceeded"
    let other = event(["user": "somebody else"])
    let log = LogEvent(
      level: .info, message: "Rate limit exceeded for user \(user): 5/5", metadata: nil, source: nil, file: "F.swift", function: "f",
      line: 1)
    let crumb = SentryBreadcrumb(
      log, ["user": "\(user)"], label: "voice", time: UnixTime(seconds: 1), pseudonyms: client.configuration.pseudonyms)
    var trace = FinishedTrace(
      traceID: String(repeating: "a", count: 32),
      root: TraceSpan(
        id: "b", name: "turn", operation: "voice.turn", start: UnixTime(seconds: 1), end: UnixTime(seconds: 2)))
    trace.user = client.configuration.pseudonyms.pseudonym(of: user)
    let sent = [
      failure.envelope(client.configuration, breadcrumbs: [crumb]).payload,
      SentryEnvelope.transaction(trace, eventID: "e", client.configuration, publicKey: "k").payload,
    ].map { String(decoding: $0, as: UTF8.self) }
    for text in sent {
      #expect(!text.contains(user))
      #expect(text.contains(#""user":{"id":"\#(client.configuration.pseudonyms.pseudonym(of: user))"}"#))
    }
    #expect(failure.user != other.user)
  }

  private func trace(_ decision: Bool?, context: [TraceAttribute]? = nil) -> FinishedTrace {
    FinishedTrace(
      traceID: String(repeating: "0", count: 32),
      root: TraceSpan(id: "b", name: "turn", operation: "voice.turn", start: UnixTime(seconds: 1), end: UnixTime(seconds: 2)),
      callersDecision: decision, dynamicSamplingContext: context)
  }

  @Test func `a caller's decision counts before the rate, and a rate of 0 sends nothing, whoever asks`() throws {
    // Its digits are all 0: a rate of one half takes it.
    client.captured(trace(false))
    #expect(client.outbox.waiting == 0)
    client.captured(trace(nil))
    client.captured(trace(true))
    #expect(client.outbox.waiting == 2)
    let off = SentryClient(
      dsn: client.dsn, configuration: SentryConfiguration(release: "voice@1", tracesSampleRate: 0), http: ingest,
      now: { UnixTime(seconds: 1) })
    off.captured(trace(true))
    #expect(off.outbox.waiting == 0)
  }

  @Test func `a sampling context that the caller sent is passed on as it came, and none is made up for a trace of others`() {
    func header(_ trace: FinishedTrace) -> String {
      String(
        decoding: SentryEnvelope.transaction(trace, eventID: "e", client.configuration, publicKey: "mine").bytes(sentAt: "now")
          .prefix { $0 != 10 }, as: UTF8.self)
    }
    let (ours, theirs) = (String(repeating: "0", count: 32), String(repeating: "d1", count: 16))
    func context(_ traceID: String) -> [TraceAttribute] {
      [
        TraceAttribute("trace_id", .text(traceID)), TraceAttribute("public_key", .text(theirs)),
        TraceAttribute("release", .text("front@1.2.3")), TraceAttribute("sample_rate", .number(0.3)),
        TraceAttribute("user_id", .text("ada")),
      ]
    }
    #expect(
      header(trace(true, context: context(ours))).contains(
        #""trace":{"trace_id":"\#(ours)","public_key":"\#(theirs)","release":"front@1.2.3","sample_rate":"0.3"}"#))
    for other in [trace(true), trace(nil, context: []), trace(nil, context: context(theirs))] {
      #expect(!header(other).contains("public_key"))
    }
    #expect(header(trace(nil)).contains(#""public_key":"mine""#))
  }
}
