import VoiceCore

/// Decides what is sent when: a bounded queue, limits by category, back-off, and reports of what was dropped.
///
/// One envelope is under way at a time.
struct SentryOutboxStateMachine: Sendable {
  struct Configuration: Sendable, Equatable {
    var maxQueued = 64
    var maxQueuedBytes = 2_097_152
    var maxAttempts = 3
    var firstBackoff = Duration.seconds(1)
    var maxBackoff = Duration.seconds(60)
    var reportInterval = Duration.seconds(60)
  }
  enum Action: Equatable {
    case send(SentryEnvelope)
    /// Nothing to do before this moment, or before something is queued.
    case wait(until: UnixTime?)
  }
  enum Answer: Equatable {
    case received(status: Int, limits: String?, retryAfter: String?)
    /// No answer came.
    case failed
  }
  private struct Flight {
    var envelope: SentryEnvelope
    /// What a client report tells, in case that it does not arrive.
    var reported: SentryDiscards?
  }

  private let configuration: Configuration
  private var queue: [SentryEnvelope] = []
  private var queuedBytes = 0
  private var flight: Flight?
  /// Of the envelope at the head.
  private var attempts = 0
  private var backoffEnds: UnixTime?
  private var limits = SentryRateLimits()
  private(set) var discards = SentryDiscards()
  /// Since the start, those that were reported included.
  private(set) var allDiscards = SentryDiscards()
  private var lastReport: UnixTime
  private var isFlushing = false

  init(_ configuration: Configuration = Configuration(), now: UnixTime) {
    self.configuration = configuration
    lastReport = now
  }

  /// Envelopes that wait, the one under way included.
  var waiting: Int { queue.count + (flight == nil ? 0 : 1) }

  /// Whether nothing is left to be sent.
  var isEmpty: Bool { queue.isEmpty && flight == nil && discards.isEmpty }

  mutating func queued(_ envelope: SentryEnvelope, at now: UnixTime) {
    if limits.isLimited(envelope.category, at: now) {
      discard(.rateLimit, envelope.category, envelope.quantity)
    } else if queue.count >= configuration.maxQueued || queuedBytes + envelope.size > configuration.maxQueuedBytes {
      discard(.queueOverflow, envelope.category, envelope.quantity)
    } else {
      queue.append(envelope)
      queuedBytes += envelope.size
    }
  }

  mutating func dropped(_ reason: SentryDiscards.Reason, _ category: SentryCategory, _ quantity: Int = 1) {
    discard(reason, category, quantity)
  }

  private mutating func discard(_ reason: SentryDiscards.Reason, _ category: SentryCategory, _ quantity: Int) {
    discards.add(reason, category, quantity)
    allDiscards.add(reason, category, quantity)
  }

  /// The end is near: what is queued goes out now or never, a report of the rest with it.
  mutating func flushStarted() {
    isFlushing = true
    backoffEnds = nil
  }

  mutating func next(at now: UnixTime) -> Action {
    guard flight == nil else { return .wait(until: nil) }
    if let backoffEnds, now < backoffEnds { return .wait(until: backoffEnds) }
    backoffEnds = nil
    while let envelope = queue.first {
      queue.removeFirst()
      queuedBytes -= envelope.size
      if limits.isLimited(envelope.category, at: now) {
        discard(.rateLimit, envelope.category, envelope.quantity)
      } else {
        flight = Flight(envelope: envelope)
        return .send(envelope)
      }
    }
    guard !discards.isEmpty else { return .wait(until: nil) }
    let due = lastReport + configuration.reportInterval
    guard isFlushing || now >= due else { return .wait(until: due) }
    lastReport = now
    let report = SentryEnvelope(category: .internal, header: [], type: "client_report", payload: discards.report(at: now).bytes)
    flight = Flight(envelope: report, reported: discards)
    discards = SentryDiscards()
    return .send(report)
  }

  mutating func answered(_ answer: Answer, at now: UnixTime) {
    guard let flight else { return }
    self.flight = nil
    switch answer {
    case .received(let status, let header, let retryAfter):
      limits.received(status: status, limits: header, retryAfter: retryAfter, at: now)
      switch status {
      case 200..<300: attempts = 0
      // The server counts what it refuses by its limits.
      case 429: drop(flight, nil)
      case 500...: retry(flight, .sendError, at: now)
      default: drop(flight, .sendError)
      }
    case .failed: retry(flight, .networkError, at: now)
    }
  }

  private mutating func drop(_ flight: Flight, _ reason: SentryDiscards.Reason?) {
    attempts = 0
    if let reported = flight.reported {
      discards.add(reported)
    } else if let reason {
      discard(reason, flight.envelope.category, flight.envelope.quantity)
    }
  }

  private mutating func retry(_ flight: Flight, _ reason: SentryDiscards.Reason, at now: UnixTime) {
    attempts += 1
    let doublings = Double(1 << min(attempts - 1, 10))
    let backoff = min(configuration.firstBackoff * doublings, configuration.maxBackoff)
    if attempts < configuration.maxAttempts, flight.reported == nil, !isFlushing {
      queue.insert(flight.envelope, at: 0)
      queuedBytes += flight.envelope.size
      backoffEnds = now + backoff
    } else {
      let tried = attempts
      drop(flight, reason)
      // A server that is away stays asked for at most once in a while.
      attempts = isFlushing ? 0 : min(tried, configuration.maxAttempts - 1)
      backoffEnds = isFlushing ? nil : now + backoff
    }
    // While the end is near, a report that cannot be told is let go.
    if isFlushing, flight.reported != nil { discards = SentryDiscards() }
  }
}
