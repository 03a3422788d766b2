public import VoiceCore

extension PrometheusText {
  /// The same figures as ``StatsReport``.
  public static func render(_ tally: StatsTally, startedAt: UnixTime, version: String) -> String {
    var out = PrometheusText()
    out.sessions(tally)
    out.traffic(tally.traffic)
    out.latencies(tally)
    out.spending(tally)
    out.counts("voice_errors_total", "Error events by code.", label: "code", tally.errors.values)
    out.family("voice_users_today", "gauge", "Distinct users since midnight UTC.")
    out.sample("voice_users_today", [], tally.distinctUsers)
    out.family("voice_build_info", "gauge", "The running release.")
    out.sample("voice_build_info", [("version", version)], 1)
    out.family("process_start_time_seconds", "gauge", "Start of the process since the Unix epoch.")
    out.sample("process_start_time_seconds", [], Double(startedAt.milliseconds) / 1_000)
    return out.text
  }

  private mutating func sessions(_ tally: StatsTally) {
    family("voice_sessions_active", "gauge", "Sessions that are open now.")
    sample("voice_sessions_active", [], tally.active)
    family("voice_sessions_started_total", "counter", "New sessions.")
    sample("voice_sessions_started_total", [], tally.started)
    family("voice_sessions_resumed_total", "counter", "Sessions that went on.")
    sample("voice_sessions_resumed_total", [], tally.resumed)
    counts("voice_sessions_ended_total", "Sessions that ended, by reason.", label: "reason", tally.ended.values)
    counts("voice_sessions_refused_total", "Sessions that were not admitted, by reason.", label: "reason", tally.refused.values)
  }

  private mutating func traffic(_ traffic: RelayTraffic) {
    let flows = [
      ("voice_messages_total", "Messages relayed.", traffic.messagesFromClient, traffic.messagesToClient),
      ("voice_audio_chunks_total", "Audio chunks relayed.", traffic.audioChunksFromClient, traffic.audioChunksToClient),
      ("voice_bytes_total", "Bytes of messages relayed.", traffic.bytesFromClient, traffic.bytesToClient),
    ]
    for (name, help, fromClient, toClient) in flows {
      family(name, "counter", help)
      sample(name, [("direction", "from_client")], fromClient)
      sample(name, [("direction", "to_client")], toClient)
    }
  }

  private mutating func latencies(_ tally: StatsTally) {
    histogram("voice_turn_latency_seconds", "End of speech to first audio of the answer.", tally.turns)
    histogram("voice_turn_upstream_seconds", "Request for an answer to its first audio.", tally.turnUpstream)
    histogram("voice_turn_context_wait_seconds", "Wait for retrieved context in a turn.", tally.contextWait)
    histogram("voice_upstream_connect_seconds", "Dial to the first event of upstream.", tally.upstreamConnect)
    counts("voice_upstream_failures_total", "Dials that came to nothing, by label.", label: "label", tally.upstreamFailed.values)
    counts("voice_retrievals_total", "Retrievals by outcome.", label: "status", tally.retrievals.values)
    histogram("voice_retrieval_duration_seconds", "Duration of a retrieval.", tally.retrieval)
    counts("voice_responses_total", "Responses that ended, by status.", label: "status", tally.responses.values)
    family("voice_interruptions_total", "counter", "Answers that the user spoke into.")
    sample("voice_interruptions_total", [], tally.interruptions)
  }

  private mutating func spending(_ tally: StatsTally) {
    let models = tally.total.models.sorted { $0.key < $1.key }
    family("voice_tokens_total", "counter", "Tokens by model and kind; cached ones are a part of input.")
    for (model, spent) in models {
      let usage = spent.usage
      let kinds = [
        ("input_text", usage.inputText), ("input_audio", usage.inputAudio), ("input_image", usage.inputImage),
        ("cached_text", usage.cachedText), ("cached_audio", usage.cachedAudio), ("cached_image", usage.cachedImage),
        ("output_text", usage.outputText), ("output_audio", usage.outputAudio),
      ]
      for (kind, count) in kinds { sample("voice_tokens_total", [("model", model), ("kind", kind)], count) }
    }
    family("voice_cost_usd_total", "counter", "Spend in US dollars by model, where the price is known.")
    for (model, spent) in models where spent.unpriced == 0 || spent.costUSD > 0 {
      sample("voice_cost_usd_total", [("model", model)], spent.costUSD)
    }
    counts(
      "voice_unpriced_total", "Responses and transcripts whose price is not known.", label: "model",
      tally.total.models.filter { $0.value.unpriced > 0 }.mapValues(\.unpriced))
  }
}
