import HTTPTypes
public import Logging
import NIOConcurrencyHelpers
import NIOCore
public import ServiceLifecycle
public import VoiceCore

/// Sends errors, traces and release health to Sentry. Usable alone, by any server that has an `HTTPClient`.
///
/// Whatever is captured is scrubbed, queued within bounds and sent by one sender, ``run()``; no caller ever waits for the network.
public final class SentryClient: Service {
  /// Address of the project.
  public let dsn: SentryDSN
  /// Configuration of the client.
  public let configuration: SentryConfiguration
  private struct State {
    var outbox: SentryOutboxStateMachine
    var repeats: RepeatLimiter
    /// Limit of events from one line of code, whatever their error.
    var kinds: RepeatLimiter
    var crumbs: SentryBreadcrumbs
    var health = SentryReleaseHealth()
    var healthDue: UnixTime
    var generator = SystemRandomNumberGenerator()
  }
  private let state: NIOLockedValueBox<State>
  private let http: any HTTPClient
  private let now: @Sendable () -> UnixTime
  private let wakeups: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation

  /// Errors that one line of code may send in ``SentryConfiguration/repeatWindow``, each of another kind.
  private static let kindsPerLine = 20

  /// Creates a Sentry client.
  public init(dsn: SentryDSN, configuration: SentryConfiguration, http: any HTTPClient, now: @escaping @Sendable () -> UnixTime) {
    self.dsn = dsn
    self.configuration = configuration
    self.http = http
    self.now = now
    let time = now()
    var outbox = SentryOutboxStateMachine.Configuration()
    outbox.maxQueued = configuration.maxQueued
    outbox.maxQueuedBytes = configuration.maxQueuedBytes
    outbox.maxInFlight = max(1, configuration.maxInFlight)
    outbox.reportInterval = configuration.reportInterval
    state = NIOLockedValueBox(
      State(
        outbox: SentryOutboxStateMachine(outbox, now: time), repeats: RepeatLimiter(window: configuration.repeatWindow),
        kinds: RepeatLimiter(window: configuration.repeatWindow, burst: Self.kindsPerLine),
        crumbs: SentryBreadcrumbs(capacity: configuration.maxKeptBreadcrumbs), healthDue: time + configuration.reportInterval))
    (wakeups, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  // MARK: Capturing

  /// A log line with its metadata: an event from level error on, a breadcrumb below.
  public func captured(_ event: LogEvent, metadata: Logger.Metadata, label: String) {
    let time = now()
    guard event.level >= .error else {
      let crumb = SentryBreadcrumb(event, metadata, label: label, time: time, pseudonyms: configuration.pseudonyms)
      return state.withLockedValue { $0.crumbs.add(crumb) }
    }
    let (id, span) = state.withLockedValue { ($0.generator.hexadecimal(words: 2), $0.generator.hexadecimal(words: 1)) }
    var captured = SentryEvent(
      event, metadata, label: label, id: id, spanID: span, time: time, pseudonyms: configuration.pseudonyms)
    let trail = state.withLockedValue { state -> [SentryBreadcrumb]? in
      guard let repeats = state.repeats.seen(captured.kind, at: time), state.kinds.seen(captured.place, at: time) != nil else {
        state.outbox.dropped(.repeated, .error)
        return nil
      }
      captured.repeats = repeats
      return state.crumbs.trail(of: captured.value("session"), limit: configuration.maxBreadcrumbs)
    }
    guard let trail else { return }
    // The heavy part is done without the lock, and for one of a kind only.
    queue(captured.envelope(configuration, breadcrumbs: trail), at: time)
  }

  /// Sends a finished trace where its caller decided so, or else the sample holds it.
  public func captured(_ trace: FinishedTrace) {
    let time = now()
    guard configuration.tracesSampleRate > 0 else { return }
    guard trace.callersDecision ?? isSampled(traceID: trace.traceID) else {
      return state.withLockedValue { $0.outbox.dropped(.sampleRate, .transaction) }
    }
    let id = state.withLockedValue { $0.generator.hexadecimal(words: 2) }
    queue(.transaction(trace, eventID: id, configuration, publicKey: dsn.publicKey), at: time)
  }

  /// Counts a session that ended for release health.
  public func sessionEnded(startedAt: UnixTime, isErrored: Bool) {
    state.withLockedValue { $0.health.ended(startedAt: startedAt, isErrored: isErrored) }
  }

  /// A trace is sampled whole, wherever its parts are made: by its own random digits.
  func isSampled(traceID: String) -> Bool {
    guard let word = UInt32(traceID.suffix(8), radix: 16) else { return false }
    return Double(word) < configuration.tracesSampleRate * 4_294_967_296
  }

  private func queue(_ envelope: SentryEnvelope, at time: UnixTime) {
    state.withLockedValue { $0.outbox.queued(envelope, at: time) }
    wake.yield()
  }

  /// Envelopes that wait, and what was not sent since the start, by reason.
  public var outbox: (waiting: Int, discarded: [String: Int]) {
    state.withLockedValue { ($0.outbox.waiting, $0.outbox.allDiscards.byReason) }
  }

  // MARK: Sending

  /// Sends until a graceful shutdown, then what is left for at most ``SentryConfiguration/flushTimeout``.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.send() }
      group.addTask { await self.tick() }
      try? await gracefulShutdown()
      beginFlush()
      group.addTask { try? await Task.sleep(for: self.configuration.flushTimeout) }
      // The sender, when all is sent, or the time to wait for it.
      await group.next()
      group.cancelAll()
    }
  }

  private func beginFlush() {
    let time = now()
    state.withLockedValue { state in
      Self.queueHealth(&state, configuration, at: time)
      state.outbox.flushStarted()
    }
    wake.yield()
    wake.finish()
  }

  private func send() async {
    await withDiscardingTaskGroup { group in
      for await _ in wakeups { self.depart(&group) }
    }
  }

  /// Each envelope is sent by a task that continues with the next one, until nothing is left or as many are under way as may be.
  private func depart(_ group: inout DiscardingTaskGroup) {
    while !Task.isCancelled, case .send(let envelope, let flight) = next() {
      group.addTask {
        await self.send(envelope, flight)
        while !Task.isCancelled, case .send(let envelope, let flight) = self.next() { await self.send(envelope, flight) }
      }
    }
  }

  /// Wakes the sender for what falls due by time: reports, the end of a back-off.
  private func tick() async {
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      let time = now()
      state.withLockedValue { if time >= $0.healthDue { Self.queueHealth(&$0, configuration, at: time) } }
      wake.yield()
    }
  }

  private static func queueHealth(_ state: inout State, _ configuration: SentryConfiguration, at time: UnixTime) {
    state.healthDue = time + configuration.reportInterval
    guard !state.health.isEmpty else { return }
    state.outbox.queued(state.health.envelope(configuration), at: time)
    state.health = SentryReleaseHealth()
  }

  private func next() -> SentryOutboxStateMachine.Action {
    let time = now()
    return state.withLockedValue { $0.outbox.next(at: time) }
  }

  private func send(_ envelope: SentryEnvelope, _ flight: Int) async {
    var request = dsn.envelopeRequest(client: SentryRuntime.userAgent)
    var body = envelope.bytes(sentAt: ISO8601.text(now()))
    if body.count > 512 {
      body = Gzip.compress(body)
      request.headerFields[.contentEncoding] = "gzip"
    }
    let answer: SentryOutboxStateMachine.Answer
    do {
      let response = try await http.execute(
        request, body: ByteBuffer(bytes: body), options: HTTPClientOptions(timeout: configuration.requestTimeout))
      answer = .received(
        status: response.head.status.code, limits: response.head.headerFields[.init("X-Sentry-Rate-Limits")!],
        retryAfter: response.head.headerFields[.retryAfter])
    } catch {
      answer = (error as? HTTPClientError)?.code == .tooLarge ? .unreadable : .failed
    }
    let time = now()
    state.withLockedValue { $0.outbox.answered(answer, flight: flight, at: time) }
  }
}

extension SentryClient: TraceSink {
  public func finished(_ trace: FinishedTrace) { captured(trace) }
}
