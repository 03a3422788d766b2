import VoiceCore

/// Decides what is sent when: a bounded queue, a few envelopes at once, limits by category, back-off, and reports of what was dropped.
struct SentryOutboxStateMachine: Sendable {
  struct Configuration: Sendable, Equatable {
    var maxQueued = 256
    var maxQueuedBytes = 2_097_152
    /// Envelopes under way at once; one while the server does not answer.
    var maxInFlight = 4
    var maxAttempts = 3
    var firstBackoff = Duration.seconds(1)
    var maxBackoff = Duration.seconds(60)
    var reportInterval = Duration.seconds(60)
  }
  enum Action: Equatable {
    /// Send it, and bring the answer with this number.
    case send(SentryEnvelope, flight: Int)
    /// Nothing to do before this moment, or before something is queued or answered.
    case wait(until: UnixTime?)
  }
  enum Answer: Equatable {
    case received(status: Int, limits: String?, retryAfter: String?)
    /// An answer came that cannot be read: the next one to the same envelope would be no better.
    case unreadable
    /// No answer came.
    case failed
  }
  private struct Flight {
    var envelope: SentryEnvelope
    /// Content of the client report under way, kept until it arrives.
    var reported: SentryDiscards?
    var failedAttempts = 0
  }

  private let configuration: Configuration
  private var queue: [Flight] = []
  private var queuedBytes = 0
  private var flights: [Int: Flight] = [:]
  private var flightCount = 0
  /// Answers in a row that did not come, or were the server's fault.
  private var failures = 0
  private var backoffEnds: UnixTime?
  private var limits = SentryRateLimits()
  private(set) var discards = SentryDiscards()
  /// Discards since the start, reported ones included.
  private(set) var allDiscards = SentryDiscards()
  private var lastReport: UnixTime
  private var isFlushing = false

  init(_ configuration: Configuration = Configuration(), now: UnixTime) {
    self.configuration = configuration
    lastReport = now
  }

  /// Envelopes that wait, those under way included.
  var waiting: Int { queue.count + flights.count }

  /// True if nothing is left to be sent.
  var isEmpty: Bool { queue.isEmpty && flights.isEmpty && discards.isEmpty }

  mutating func queued(_ envelope: SentryEnvelope, at now: UnixTime) {
    if limits.isLimited(envelope.category, at: now) {
      discard(.rateLimit, envelope.category, envelope.quantity)
    } else if queue.count >= configuration.maxQueued || queuedBytes + envelope.size > configuration.maxQueuedBytes {
      discard(.queueOverflow, envelope.category, envelope.quantity)
    } else {
      queue.append(Flight(envelope: envelope))
      queuedBytes += envelope.size
    }
  }

  /// Counts items that never reached the queue.
  mutating func dropped(_ reason: SentryDiscards.Reason, _ category: SentryCategory, _ quantity: Int = 1) {
    discard(reason, category, quantity)
  }

  /// The end is near: what waits is tried once, and reported without delay.
  mutating func flushStarted() {
    isFlushing = true
    backoffEnds = nil
  }

  private mutating func discard(_ reason: SentryDiscards.Reason, _ category: SentryCategory, _ quantity: Int) {
    discards.add(reason, category, quantity)
    allDiscards.add(reason, category, quantity)
  }

  mutating func next(at now: UnixTime) -> Action {
    guard flights.count < (failures == 0 ? configuration.maxInFlight : 1) else { return .wait(until: nil) }
    if let backoffEnds, now < backoffEnds { return .wait(until: backoffEnds) }
    backoffEnds = nil
    while !queue.isEmpty {
      let flight = queue.removeFirst()
      queuedBytes -= flight.envelope.size
      guard limits.isLimited(flight.envelope.category, at: now) else { return depart(flight) }
      discard(.rateLimit, flight.envelope.category, flight.envelope.quantity)
    }
    // A report tells of all that was sent before it.
    guard !discards.isEmpty, flights.isEmpty else { return .wait(until: nil) }
    let due = lastReport + configuration.reportInterval
    guard isFlushing || now >= due else { return .wait(until: due) }
    lastReport = now
    let report = SentryEnvelope(category: .internal, header: [], type: "client_report", payload: discards.report(at: now).bytes)
    let flight = Flight(envelope: report, reported: discards)
    discards = SentryDiscards()
    return depart(flight)
  }

  private mutating func depart(_ flight: Flight) -> Action {
    flightCount += 1
    flights[flightCount] = flight
    return .send(flight.envelope, flight: flightCount)
  }

  mutating func answered(_ answer: Answer, flight number: Int, at now: UnixTime) {
    guard let flight = flights.removeValue(forKey: number) else { return }
    switch answer {
    case .received(let status, let header, let retryAfter):
      limits.received(status: status, limits: header, retryAfter: retryAfter, at: now)
      switch status {
      case 200..<300: failures = 0
      // The server counts what it refuses by its limits.
      case 429: drop(flight, nil)
      case 500...: retry(flight, .sendError, at: now)
      default: drop(flight, .sendError)
      }
    case .unreadable: drop(flight, .sendError)
    case .failed: retry(flight, .networkError, at: now)
    }
  }

  private mutating func drop(_ flight: Flight, _ reason: SentryDiscards.Reason?) {
    failures = 0
    lose(flight, reason)
  }

  private mutating func lose(_ flight: Flight, _ reason: SentryDiscards.Reason?) {
    if let reported = flight.reported {
      discards.add(reported)
    } else if let reason {
      discard(reason, flight.envelope.category, flight.envelope.quantity)
    }
  }

  private mutating func retry(_ flight: Flight, _ reason: SentryDiscards.Reason, at now: UnixTime) {
    failures = min(failures + 1, 30)
    let backoff = min(configuration.firstBackoff * Double(1 << min(failures - 1, 10)), configuration.maxBackoff)
    var again = flight
    again.failedAttempts += 1
    // A server that has been unreachable for a while is asked once with each envelope.
    let mayTryAgain = again.failedAttempts < configuration.maxAttempts && failures < configuration.maxAttempts
    if mayTryAgain, flight.reported == nil, !isFlushing {
      queue.insert(again, at: 0)
      queuedBytes += flight.envelope.size
    } else {
      lose(flight, reason)
    }
    backoffEnds = isFlushing ? nil : now + backoff
    // While the end is near, a report that cannot be told is let go.
    if isFlushing, flight.reported != nil { discards = SentryDiscards() }
    if isFlushing { failures = 0 }
  }
}
