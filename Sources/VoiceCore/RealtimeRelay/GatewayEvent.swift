import NIOCore

/// The gateway's own events, as JSON text: an `error` of OpenAI's shape on both endpoints, `voice.*` on its own alone.
enum GatewayEvent {
  /// One `error` event for an ending.
  static func error(_ reason: CloseReason, id: String) -> RealtimeMessage {
    let retry = reason.retryAfter.map { "\"retry_after_seconds\":\(($0.inMilliseconds + 999) / 1_000)," } ?? ""
    return error(
      type: reason.isServerFault ? "server_error" : "invalid_request_error", code: reason.label, message: reason.closure.reason,
      clientEventID: nil, extra: retry, id: id)
  }

  static func error(
    type: String, code: String, message: String, clientEventID: String?, extra: String = "", id: String
  ) -> RealtimeMessage {
    text(
      """
      {"type":"error","event_id":"\(id)","error":{"type":"\(type)","code":"\(code)","message":\(JSONText.quoted(message)),\
      \(extra)"param":null,"event_id":\(clientEventID.map(JSONText.quoted) ?? "null")}}
      """)
  }

  static func ready(_ grant: SessionGrant, session: SessionID, expiresAt: UnixTime?, maxDuration: Duration?, id: String) -> RealtimeMessage
  {
    let rate = grant.rateLimit
    let limit =
      rate.map {
        "{\"limit\":\($0.limit),\"remaining\":\($0.remaining),\"reset_seconds\":\(($0.resetAfter.inMilliseconds + 999) / 1_000)}"
      } ?? "null"
    return text(
      """
      {"type":"voice.session.ready","event_id":"\(id)","session_id":"\(session)","user_id":\(JSONText.quoted(grant.userID)),\
      "plan":\(grant.plan.map(JSONText.quoted) ?? "null"),"resumed":\(grant.isResumed),\
      "expires_at":\(expiresAt.map { "\($0.milliseconds / 1_000)" } ?? "null"),\
      "max_duration_seconds":\(maxDuration.map { "\($0.components.seconds)" } ?? "null"),"rate_limit":\(limit)}
      """)
  }

  /// Upstream was replaced, and `items` of the conversation restored there.
  static func resumed(_ session: SessionID, items: Int, id: String) -> RealtimeMessage {
    text("{\"type\":\"voice.session.resumed\",\"event_id\":\"\(id)\",\"session_id\":\"\(session)\",\"items\":\(items)}")
  }

  /// The end of a response whose upstream is lost, as the provider would say it; `metadata` is JSON.
  static func responseLost(_ response: String, metadata: String?, id: String) -> RealtimeMessage {
    text(
      """
      {"type":"response.done","event_id":"\(id)","response":{"id":\(JSONText.quoted(response)),"object":"realtime.response",\
      "status":"failed","status_details":{"type":"failed","error":{"type":"server_error","code":"upstream_lost"}},"output":[],\
      "metadata":\(metadata ?? "null"),"usage":null}}
      """)
  }

  /// `conversation.item.truncated`, of an answer that upstream has as text.
  static func truncated(_ cut: ControlEvent.Truncation, id: String) -> RealtimeMessage {
    text(
      """
      {"type":"conversation.item.truncated","event_id":"\(id)","item_id":\(JSONText.quoted(cut.item)),\
      "content_index":\(cut.contentIndex),"audio_end_ms":\(cut.audioEndMilliseconds)}
      """)
  }

  /// A client's event that goes nowhere.
  static func refusal(of mistake: RelayLifecycleStateMachine.ClientMistake, id: String) -> RealtimeMessage {
    let message =
      switch mistake {
      case .binary: "Expected a text WebSocket message; binary frames are not supported."
      case .malformed: "Invalid event: failed to parse JSON value. Please check the value to ensure it is valid JSON."
      case .ambiguous: "Invalid event: the parameter 'type' is given twice."
      case .excessive: "Invalid event: it is too large, nested too deep, or has too many values."
      }
    return error(type: "invalid_request_error", code: "invalid_event", message: message, clientEventID: nil, id: id)
  }

  static func notice(_ notice: SessionClockStateMachine.Notice, remaining: Duration, id: String) -> RealtimeMessage {
    let seconds = (remaining.inMilliseconds + 999) / 1_000
    let message =
      switch notice {
      case .timeLimit: "This session ends in \(seconds) seconds: its time limit is near."
      case .draining: "The server restarts: reconnect with this session's id to go on."
      case .tokenExpiring: "The token expires in \(seconds) seconds: send voice.token.refresh with a new one."
      case .idle: "This session ends in \(seconds) seconds unless something is sent."
      }
    return text(
      """
      {"type":"voice.session.notice","event_id":"\(id)","reason":"\(notice.rawValue)","remaining_seconds":\(seconds),\
      "message":\(JSONText.quoted(message))}
      """)
  }

  static func summary(_ summary: SessionSummary, cost: Double?, id: String) -> RealtimeMessage {
    let counters = summary.counters
    let usage = counters.usage
    return text(
      """
      {"type":"voice.session.summary","event_id":"\(id)","duration_seconds":\(rounded(summary.duration)),\
      "audio_chunks_sent":\(counters.audioChunksFromClient),"audio_chunks_received":\(counters.audioChunksToClient),\
      "rag_queries":\(counters.retrievals),"turns":\(counters.turns),"interruptions":\(counters.interruptions),\
      "usage":{"total_tokens":\(usage.total),"input_text_tokens":\(usage.inputText),"input_audio_tokens":\(usage.inputAudio),\
      "input_image_tokens":\(usage.inputImage),"cached_tokens":\(usage.cachedText + usage.cachedAudio + usage.cachedImage),\
      "output_text_tokens":\(usage.outputText),"output_audio_tokens":\(usage.outputAudio)},\
      "cost_usd":\(cost.map { "\($0)" } ?? "null")}
      """)
  }

  static func turnMetrics(_ metrics: TurnMetrics, id: String) -> RealtimeMessage {
    text(
      """
      {"type":"voice.turn.metrics","event_id":"\(id)","response_id":\(JSONText.quoted(metrics.responseID)),\
      "speech_stopped_to_first_audio_ms":\(metrics.speechStoppedToFirstAudio.map { "\($0.inMilliseconds)" } ?? "null"),\
      "context_wait_ms":\(metrics.contextWait.inMilliseconds),"upstream_ms":\(metrics.upstream.inMilliseconds)}
      """)
  }

  /// `clientEventID` is the ping's own, if it had one.
  static func pong(clientEventID: String?, id: String) -> RealtimeMessage {
    text("{\"type\":\"pong\",\"event_id\":\(JSONText.quoted(clientEventID ?? id))}")
  }

  private static func rounded(_ duration: Duration) -> Double { Double(duration.inMilliseconds) / 1_000 }

  private static func text(_ json: String) -> RealtimeMessage { RealtimeMessage(ByteBuffer(string: json)) }
}
