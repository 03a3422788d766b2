public import CoreMetrics
import NIOConcurrencyHelpers
public import VoiceCore

/// Feeds swift-metrics with what sessions report, for servers that keep a back end of their own (Prometheus, StatsD, OpenTelemetry).
///
/// ```swift
/// dependencies.observer = ObserverGroup(StatsCollector(now: now), [SwiftMetricsObserver()])
/// ```
/// Labels begin with `voice.`; durations are timers, the values of a dimension are those of `CloseReason.label` and of the events.
public final class SwiftMetricsObserver: RelayObserver {
  private let factory: any MetricsFactory
  private let prices: PriceTable
  private let active: Meter
  private let openSessions = NIOLockedValueBox(0)

  /// - Parameters:
  ///   - factory: makes the metrics; the one that was bootstrapped, unless another is given.
  ///   - prices: of models, for `voice.cost_usd`; a response without a price counts in `voice.unpriced`.
  public init(factory: any MetricsFactory = MetricsSystem.factory, prices: PriceTable = .published) {
    self.factory = factory
    self.prices = prices
    active = Meter(label: "voice.sessions.active", factory: factory)
  }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    switch event {
    case .admitted(let steps): for step in steps { time("voice.admission.step", step.took, [("step", step.name)]) }
    case .started(let isResumed):
      count("voice.sessions.started", [("resumed", isResumed ? "true" : "false")])
      open(by: 1)
    case .clientLost: count("voice.clients.lost")
    case .clientReturned: count("voice.clients.returned")
    case .refused(let reason, _): count("voice.sessions.refused", [("reason", reason.label)])
    case .upstreamOpened(let took): time("voice.upstream.connect", took)
    case .upstreamFailed(let label): count("voice.upstream.failures", [("label", label)])
    case .turn(let turn):
      if let latency = turn.speechStoppedToFirstAudio { time("voice.turn.latency", latency) }
      time("voice.turn.upstream", turn.upstream)
      time("voice.turn.context_wait", turn.contextWait)
    case .interrupted: count("voice.interruptions")
    case .retrieval(let metrics): count("voice.retrievals", [("status", metrics.status)])
    case .queried(let metrics): time("voice.retrieval.duration", metrics.took, [("outcome", metrics.end.label)])
    case .toolCalled(let metrics): time("voice.tool.duration", metrics.took, [("outcome", metrics.failure == nil ? "answered" : "failed")])
    case .responseDone(let status, let usage):
      count("voice.responses", [("status", status)])
      if let usage { spent(usage, session.model) }
    case .transcribed(let model, let seconds): paid(prices.cost(ofSeconds: seconds, model: model), model)
    case .error(let code): count("voice.errors", [("code", code)])
    case .ended(let reason, let summary):
      count("voice.sessions.ended", [("reason", reason.label)])
      time("voice.session.duration", summary.duration)
      open(by: -1)
    }
  }

  private func open(by change: Int) {
    let count = openSessions.withLockedValue { sessions in
      sessions += change
      return sessions
    }
    active.set(count)
  }

  public func relayed(_ traffic: RelayTraffic, by session: SessionID) {
    for (direction, chunks, bytes) in [
      ("from_client", traffic.audioChunksFromClient, traffic.bytesFromClient),
      ("to_client", traffic.audioChunksToClient, traffic.bytesToClient),
    ] {
      if chunks > 0 { count("voice.audio_chunks", [("direction", direction)], by: chunks) }
      if bytes > 0 { count("voice.bytes", [("direction", direction)], by: bytes) }
    }
  }

  private func spent(_ usage: TokenUsage, _ model: String) {
    for (kind, tokens) in usage.kinds where tokens > 0 { count("voice.tokens", [("model", model), ("kind", kind)], by: tokens) }
    paid(prices.cost(of: usage, model: model), model)
  }

  private func paid(_ cost: Double?, _ model: String) {
    guard let cost, cost.isFinite else { return count("voice.unpriced", [("model", model)]) }
    FloatingPointCounter(label: "voice.cost_usd", dimensions: [("model", model)], factory: factory).increment(by: cost)
  }

  private func count(_ label: String, _ dimensions: [(String, String)] = [], by amount: Int = 1) {
    Counter(label: label, dimensions: dimensions, factory: factory).increment(by: Int64(amount))
  }

  private func time(_ label: String, _ duration: Duration, _ dimensions: [(String, String)] = []) {
    let (seconds, attoseconds) = duration.components
    let nanoseconds = min(max(0, Double(seconds) * 1e9 + Double(attoseconds) / 1e9), 9e18)
    Timer(label: label, dimensions: dimensions, factory: factory).recordNanoseconds(Int64(nanoseconds))
  }
}
