import Testing
import VoiceCore

@testable import TelemetryExport

@Suite struct SentryOutboxTests {
  private let start = UnixTime(seconds: 1_795_230_000)

  private func envelope(_ category: SentryCategory = .error, _ text: String = "{}") -> SentryEnvelope {
    SentryEnvelope(category: category, header: [], type: category.name, payload: Array(text.utf8))
  }

  private enum Step: Equatable {
    case send(SentryEnvelope)
    case wait(until: UnixTime?)
  }

  /// An outbox that sends one at a time, with the flight that departed last.
  private struct Outbox {
    var machine: SentryOutboxStateMachine
    var flight = 0

    var discards: SentryDiscards { machine.discards }
    var isEmpty: Bool { machine.isEmpty }
    mutating func queued(_ envelope: SentryEnvelope, at now: UnixTime) { machine.queued(envelope, at: now) }
    mutating func dropped(_ reason: SentryDiscards.Reason, _ category: SentryCategory) { machine.dropped(reason, category) }
    mutating func flushStarted() { machine.flushStarted() }
    mutating func answered(_ answer: SentryOutboxStateMachine.Answer, at now: UnixTime) {
      machine.answered(answer, flight: flight, at: now)
    }
    mutating func next(at now: UnixTime) -> Step {
      switch machine.next(at: now) {
      case .send(let envelope, let number):
        flight = number
        return .send(envelope)
      case .wait(let time): return .wait(until: time)
      }
    }
  }

  private func outbox(_ adjust: (inout SentryOutboxStateMachine.Configuration) -> Void = { _ in }) -> Outbox {
    var configuration = SentryOutboxStateMachine.Configuration()
    configuration.maxInFlight = 1
    adjust(&configuration)
    return Outbox(machine: SentryOutboxStateMachine(configuration, now: start))
  }

  private func ok(_ outbox: inout Outbox) { outbox.answered(.received(status: 200, limits: nil, retryAfter: nil), at: start) }

  @Test func `a few are under way at once, and one alone while the server does not answer`() {
    var outbox = SentryOutboxStateMachine(now: start)
    for index in 0..<6 { outbox.queued(envelope(.transaction, "\(index)"), at: start) }
    for index in 0..<4 { #expect(outbox.next(at: start) == .send(envelope(.transaction, "\(index)"), flight: index + 1)) }
    #expect(outbox.next(at: start) == .wait(until: nil))
    outbox.answered(.received(status: 200, limits: nil, retryAfter: nil), flight: 2, at: start)
    #expect(outbox.next(at: start) == .send(envelope(.transaction, "4"), flight: 5))
    outbox.answered(.failed, flight: 1, at: start)
    for flight in 3...5 { outbox.answered(.failed, flight: flight, at: start) }
    let later = start + .seconds(60)
    guard case .send = outbox.next(at: later) else { return #expect(Bool(false), "nothing was sent") }
    #expect(outbox.next(at: later) == .wait(until: nil))
    // An answer that comes twice is none.
    outbox.answered(.failed, flight: 1, at: later)
    #expect(outbox.waiting >= 1)
  }

  private func discards(_ entries: (SentryDiscards.Reason, SentryCategory, Int)...) -> SentryDiscards {
    var discards = SentryDiscards()
    for (reason, category, count) in entries { discards.add(reason, category, count) }
    return discards
  }

  @Test func `one at a time, in order`() {
    var outbox = outbox()
    outbox.queued(envelope(.error, "1"), at: start)
    outbox.queued(envelope(.error, "2"), at: start)
    #expect(outbox.next(at: start) == .send(envelope(.error, "1")))
    #expect(outbox.next(at: start) == .wait(until: nil))
    ok(&outbox)
    #expect(outbox.next(at: start) == .send(envelope(.error, "2")))
    ok(&outbox)
    #expect(outbox.isEmpty)
  }

  @Test func `the queue is bounded by number and by bytes, and what is beyond is reported`() {
    var outbox = outbox { $0.maxQueued = 2 }
    for _ in 0..<5 { outbox.queued(envelope(), at: start) }
    #expect(outbox.discards == discards((.queueOverflow, .error, 3)))
    var narrow = self.outbox { $0.maxQueuedBytes = 1_000 }
    narrow.queued(envelope(.transaction, String(repeating: "x", count: 2_000)), at: start)
    #expect(narrow.discards == discards((.queueOverflow, .transaction, 1)))
  }

  @Test func `limits hold for their categories and for their time`() {
    var outbox = outbox()
    outbox.queued(envelope(), at: start)
    _ = outbox.next(at: start)
    outbox.answered(.received(status: 429, limits: "60:transaction;session:organization, 10:foo:project", retryAfter: "5"), at: start)
    outbox.queued(envelope(.transaction), at: start)
    outbox.queued(envelope(.error), at: start)
    #expect(outbox.next(at: start) == .send(envelope(.error)))
    ok(&outbox)
    // The 429 itself was counted by the server.
    #expect(outbox.discards == discards((.rateLimit, .transaction, 1)))
    outbox.queued(envelope(.transaction), at: start + .seconds(60))
    #expect(outbox.next(at: start + .seconds(60)) == .send(envelope(.transaction)))
  }

  @Test(arguments: [("5", 5.0), (nil, 60), ("nan", 60), ("-1e40", 60), ("Wed, 21 Oct 2026 07:28:00 GMT", 60)] as [(String?, Double)])
  func `a 429 without limits holds for everything`(retryAfter: String?, seconds: Double) {
    var outbox = outbox()
    outbox.queued(envelope(), at: start)
    _ = outbox.next(at: start)
    outbox.answered(.received(status: 429, limits: nil, retryAfter: retryAfter), at: start)
    outbox.queued(envelope(), at: start + .seconds(seconds - 1))
    #expect(outbox.discards == discards((.rateLimit, .error, 1)))
    outbox.queued(envelope(), at: start + .seconds(seconds))
    #expect(outbox.next(at: start + .seconds(seconds)) == .send(envelope()))
  }

  @Test(arguments: ["", " ", "bogus", "60", ":error:organization", "nan::organization", "-1:error", ","])
  func `a 429 whose limits cannot be read holds for everything, as long as Retry-After says`(limits: String) {
    var outbox = outbox()
    outbox.queued(envelope(), at: start)
    _ = outbox.next(at: start)
    outbox.answered(.received(status: 429, limits: limits, retryAfter: " 30"), at: start)
    outbox.queued(envelope(), at: start + .seconds(29))
    #expect(outbox.discards == discards((.rateLimit, .error, 1)))
    outbox.queued(envelope(), at: start + .seconds(30))
    #expect(outbox.next(at: start + .seconds(30)) == .send(envelope()))
  }

  @Test func `limits that can be read count alone, and a 200 without one is none`() {
    var outbox = outbox()
    for (status, limits) in [(429, "bogus, 60:span:organization"), (200, ""), (200, "bogus")] {
      outbox.queued(envelope(), at: start)
      #expect(outbox.next(at: start) == .send(envelope()))
      outbox.answered(.received(status: status, limits: limits, retryAfter: "30"), at: start)
    }
    outbox.queued(envelope(), at: start)
    #expect(outbox.next(at: start) == .send(envelope()))
  }

  @Test func `an envelope whose answer cannot be read is not sent again`() {
    var outbox = outbox()
    outbox.queued(envelope(), at: start)
    _ = outbox.next(at: start)
    outbox.answered(.unreadable, at: start)
    #expect(outbox.discards == discards((.sendError, .error, 1)))
    outbox.queued(envelope(.transaction), at: start)
    #expect(outbox.next(at: start) == .send(envelope(.transaction)))
  }

  @Test func `a server that is away is asked again later and later, then the envelope is let go and reported`() {
    var outbox = outbox()
    outbox.queued(envelope(), at: start)
    #expect(outbox.next(at: start) == .send(envelope()))
    outbox.answered(.failed, at: start)
    #expect(outbox.next(at: start) == .wait(until: start + .seconds(1)))
    #expect(outbox.next(at: start + .seconds(1)) == .send(envelope()))
    outbox.answered(.failed, at: start + .seconds(1))
    #expect(outbox.next(at: start + .seconds(1)) == .wait(until: start + .seconds(3)))
    #expect(outbox.next(at: start + .seconds(3)) == .send(envelope()))
    outbox.answered(.failed, at: start + .seconds(3))
    #expect(outbox.discards == discards((.networkError, .error, 1)))
    #expect(outbox.next(at: start + .seconds(3)) == .wait(until: start + .seconds(7)))
  }

  @Test(arguments: [400, 403, 413]) func `what the server will never take is not sent again`(status: Int) {
    var outbox = outbox()
    outbox.queued(envelope(), at: start)
    _ = outbox.next(at: start)
    outbox.answered(.received(status: status, limits: nil, retryAfter: nil), at: start)
    #expect(outbox.discards == discards((.sendError, .error, 1)))
    outbox.queued(envelope(.error, "2"), at: start)
    #expect(outbox.next(at: start) == .send(envelope(.error, "2")))
  }

  @Test func `a report tells what was dropped, once a minute, and again when it does not arrive`() {
    var outbox = outbox { $0.maxQueued = 0 }
    outbox.queued(envelope(), at: start)
    #expect(outbox.next(at: start) == .wait(until: start + .seconds(60)))
    let later = start + .seconds(60)
    guard case .send(let report) = outbox.next(at: later) else { return #expect(Bool(false), "no report") }
    #expect(report.type == "client_report")
    #expect(
      String(decoding: report.payload, as: UTF8.self)
        == #"{"timestamp":1795230060.0,"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":1}]}"#)
    outbox.answered(.failed, at: later)
    #expect(outbox.discards == discards((.queueOverflow, .error, 1)))
  }

  @Test func `a flush sends the queue and a report without waiting, and ends even where nobody answers`() {
    var outbox = outbox()
    outbox.queued(envelope(.error, "1"), at: start)
    outbox.dropped(.sampleRate, .transaction)
    outbox.flushStarted()
    #expect(outbox.next(at: start) == .send(envelope(.error, "1")))
    outbox.answered(.failed, at: start)
    guard case .send(let report) = outbox.next(at: start) else { return #expect(Bool(false), "no report") }
    #expect(report.type == "client_report")
    outbox.answered(.failed, at: start)
    #expect(outbox.isEmpty && outbox.next(at: start) == .wait(until: nil))
  }

  @Test func `the same error again is held back and counted`() {
    var repeats = RepeatLimiter(window: .seconds(60), maxKinds: 2)
    #expect(repeats.seen("a", at: start) == 0)
    for _ in 0..<999 { #expect(repeats.seen("a", at: start) == nil) }
    #expect(repeats.seen("b", at: start) == 0)
    #expect(repeats.seen("a", at: start + .seconds(60)) == 999)
    for index in 0..<1_000 { _ = repeats.seen("kind \(index)", at: start + .seconds(61)) }
    #expect(repeats.seen("a", at: start + .seconds(62)) == nil)
  }
}
