package import TelemetryExport
import VoiceCore

extension MetricFamily {
  /// The same figures as ``StatsReport``, by name.
  package static func all(_ tally: StatsSnapshot, version: String, provider: String = "openai") -> [MetricFamily] {
    sessions(tally) + traffic(tally.traffic) + latencies(tally) + outcomes(tally) + spending(tally) + operations(tally, provider: provider)
      + [
        MetricFamily(
          "voice_build_info", .gauge, "The running release.", [MetricPoint([MetricLabel("version", version)], value: .number(1))])
      ]
  }

  private static func sessions(_ tally: StatsSnapshot) -> [MetricFamily] {
    [
      gauge("voice_sessions_active", "Sessions that are open now.", Double(tally.active)),
      MetricFamily(
        "voice_sessions", .gauge, "Sessions by state: upstream is being dialled, a client is there, or one that was lost is waited for.",
        [("opening", tally.opening), ("open", tally.active - tally.waiting.count), ("waiting", tally.waiting.count)].map {
          MetricPoint([MetricLabel("state", $0)], value: .number(Double($1)))
        }),
      counter("voice_sessions_started_total", "New sessions.", tally.started),
      counter("voice_sessions_resumed_total", "Sessions that went on.", tally.resumed),
      counts(
        "voice_sessions_ended_total", "Sessions that ended, by reason.", label: "reason",
        tally.ended.values.beginning(with: CloseReason.endings)),
      counts(
        "voice_sessions_refused_total", "Sessions that were not admitted, by reason.", label: "reason",
        tally.refused.values.beginning(with: CloseReason.refusals)),
      counts(
        "voice_sessions_faulted_total", "Sessions that a fault of the server's side kept from beginning, or ended.", label: "stage",
        ["opening": tally.faulted["opening"], "running": tally.faulted["running"]]),
      latency("voice_session_duration_seconds", "From the start to the end of a session.", tally.sessionDuration),
      gauge("voice_users_today", "Distinct users since midnight UTC.", Double(tally.distinctUsers)),
    ]
  }

  private static func traffic(_ traffic: RelayTraffic) -> [MetricFamily] {
    func flow(_ name: String, _ help: String, _ fromClient: Int, _ toClient: Int) -> MetricFamily {
      MetricFamily(
        name, .counter, help,
        [
          MetricPoint([MetricLabel("direction", "from_client")], value: .number(Double(fromClient))),
          MetricPoint([MetricLabel("direction", "to_client")], value: .number(Double(toClient))),
        ])
    }
    return [
      flow("voice_messages_total", "Messages relayed.", traffic.messagesFromClient, traffic.messagesToClient),
      flow("voice_audio_chunks_total", "Audio chunks relayed.", traffic.audioChunksFromClient, traffic.audioChunksToClient),
      flow("voice_bytes_total", "Bytes of messages relayed.", traffic.bytesFromClient, traffic.bytesToClient),
      counter(
        "voice_dropped_audio_chunks_total", "Audio chunks of interrupted answers that the client was not sent.", traffic.droppedAudioChunks),
      gauge("voice_client_queue_bytes", "What waits for clients that read slowly.", Double(traffic.waitingBytes)),
    ]
  }

  private static func latencies(_ tally: StatsSnapshot) -> [MetricFamily] {
    let steps = tally.admission.sorted { $0.key < $1.key }.map { step, times in
      MetricPoint([MetricLabel("step", step)], value: .histogram(MetricHistogram(times)))
    }
    return [
      latency("voice_turn_latency_seconds", "End of speech to first audio of the answer.", tally.turns),
      latency("voice_turn_upstream_seconds", "Request for an answer to its first audio.", tally.turnUpstream),
      latency("voice_turn_context_wait_seconds", "Wait for retrieved context in a turn.", tally.contextWait),
      latency("voice_upstream_connect_seconds", "Dial to the first event of upstream.", tally.upstreamConnect),
      latency("voice_retrieval_duration_seconds", "Duration of a query to the retriever, each query once.", tally.query),
      MetricFamily("voice_admission_step_seconds", .histogram, "Steps on the way into a session.", steps),
    ]
  }

  private static func outcomes(_ tally: StatsSnapshot) -> [MetricFamily] {
    [
      counts("voice_upstream_failures_total", "Dials that came to nothing, by label.", label: "label", tally.upstreamFailed.values),
      counts(
        "voice_retrievals_total", "Turns by what came of their context.", label: "status",
        tally.retrievals.values.beginning(with: ["hit", "late", "miss", "stale", "error", "off"])),
      MetricFamily(
        "voice_retrieval_coverage_total", .counter,
        "Shares of questions that their query held, 0 to 1 a turn, summed; over voice_retrieval_covered_turns_total it is the mean.",
        [MetricPoint(value: .number(tally.coverage))]),
      counter("voice_retrieval_covered_turns_total", "Turns with a query.", tally.coveredTurns),
      counts(
        "voice_retrieval_queries_total", "Queries to the retriever, by their end.", label: "outcome",
        tally.queries.values.beginning(with: ["found", "nothing", "failed", "cancelled"])),
      counts(
        "voice_tool_calls_total", "Calls of the gateway's own tools, by outcome.", label: "outcome",
        tally.tools.values.beginning(with: ["answered", "failed"])),
      counts(
        "voice_responses_total", "Responses that ended, by status.", label: "status",
        tally.responses.values.beginning(with: ["completed", "cancelled", "failed", "incomplete"])),
      counts("voice_errors_total", "Error events by code.", label: "code", tally.errors.values),
      counter("voice_interruptions_total", "Answers that the user spoke into.", tally.interruptions),
    ]
  }

  private static func spending(_ tally: StatsSnapshot) -> [MetricFamily] {
    let models = tally.total.models.sorted { $0.key < $1.key }
    func tokens(_ kinds: (TokenUsage) -> [(label: String, tokens: Int)]) -> [MetricPoint] {
      models.flatMap { model, spent in
        kinds(spent.usage).map {
          MetricPoint([MetricLabel("model", model), MetricLabel("kind", $0.label)], value: .number(Double($0.tokens)))
        }
      }
    }
    // A model without a price is not one that costs nothing.
    let costs = models.filter { $0.value.unpriced == 0 || $0.value.costUSD > 0 }.map { model, spent in
      MetricPoint([MetricLabel("model", model)], value: .number(spent.costUSD))
    }
    return [
      MetricFamily(
        "voice_tokens_total", .counter, "Tokens by model and kind; the kinds add up to all.",
        tokens(\.kinds)),
      MetricFamily(
        "voice_cached_tokens_total", .counter, "Input tokens that were read from a cache, by model and kind: a part of voice_tokens_total.",
        tokens(\.cachedKinds)),
      MetricFamily("voice_cost_usd_total", .counter, "Spend in US dollars by model, where the price is known.", costs),
      gauge("voice_cost_usd_today", "Spend in US dollars since midnight UTC, where the price is known.", tally.today.costUSD),
      counts(
        "voice_unpriced_total", "Responses and transcripts whose price is not known.", label: "model",
        tally.total.models.filter { $0.value.unpriced > 0 }.mapValues(\.unpriced)),
    ]
  }
}

extension MetricFamily {
  /// Histograms by OpenTelemetry's conventions for generative AI.
  private static func operations(_ tally: StatsSnapshot, provider: String) -> [MetricFamily] {
    let models = tally.operations.sorted { $0.key < $1.key }
    func labels(_ model: String) -> [MetricLabel] {
      [
        MetricLabel("gen_ai_operation_name", "chat"), MetricLabel("gen_ai_provider_name", provider),
        MetricLabel("gen_ai_request_model", model),
      ]
    }
    var tokens = MetricFamily(
      "gen_ai_client_token_usage", .histogram, "Tokens of a response.",
      models.flatMap { model, operation in
        [("input", operation.inputTokens), ("output", operation.outputTokens)].map { type, counts in
          MetricPoint(labels(model) + [MetricLabel("gen_ai_token_type", type)], value: .histogram(MetricHistogram(counts)))
        }
      })
    tokens.otlpName = "gen_ai.client.token.usage"
    tokens.unit = .tokens
    var duration = MetricFamily(
      "gen_ai_client_operation_duration_seconds", .histogram, "Request for a response to its end.",
      models.map { MetricPoint(labels($0), value: .histogram(MetricHistogram($1.duration))) })
    duration.otlpName = "gen_ai.client.operation.duration"
    let names = [
      "gen_ai_operation_name": "gen_ai.operation.name", "gen_ai_provider_name": "gen_ai.provider.name",
      "gen_ai_request_model": "gen_ai.request.model", "gen_ai_token_type": "gen_ai.token.type",
    ]
    (tokens.otlpLabels, duration.otlpLabels) = (names, names)
    return [tokens, duration]
  }

  static func latency(_ name: String, _ help: String, _ tally: LatencyHistogram) -> Self {
    Self(name, .histogram, help, [MetricPoint(value: .histogram(MetricHistogram(tally)))])
  }
}

extension MetricHistogram {
  init(_ tally: LatencyHistogram) {
    self.init(bounds: tally.bounds, buckets: tally.buckets, count: tally.count, sum: tally.sumSeconds, exemplars: tally.exemplars)
  }

  init(_ tally: CountTally) { self.init(bounds: tally.bounds, buckets: tally.buckets, count: tally.count, sum: tally.sum) }
}

extension [String: Int] {
  /// Fills in 0 for labels without events, so that the first event is seen as an increase.
  fileprivate func beginning(with labels: [String]) -> Self {
    merging(labels.map { ($0, 0) }) { counted, _ in counted }
  }
}

extension CloseReason {
  /// Labels of refusals that every gateway may make.
  fileprivate static let refusals = [
    featureDisabled, tokenMissing, tokenInvalid, tokenExpired, planNotAllowed, featureNotAvailable, modelNotAllowed, sessionNotFound,
    costLimitExceeded, upstreamUnavailable, internalError, concurrentLimitExceeded(limit: 0),
    rateLimitExceeded(limit: 0, window: .zero, retryAfter: .zero),
  ].map(\.label)
  /// Labels of ends that every session may come to.
  fileprivate static let endings = [
    sessionEnded, idleTimeout, sessionTimeLimit(.zero), tokenExpired, sessionRevoked, sessionReplaced, serverDraining, slowConsumer,
    messageTooLarge, upstreamUnavailable, internalError, clientClosed(WebSocketClosure(code: 1000)), clientClosed(.abnormal),
    clientFailed(.abnormal), upstreamClosed(.abnormal),
  ].map(\.label)
}
