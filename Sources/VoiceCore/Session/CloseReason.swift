/// Reason for a session's end: the one source of its close code, error code, log line, metric label and Sentry tag.
/// The first reason wins.
public struct CloseReason: Sendable, Hashable {
  /// `error.code`, and the label of metrics and logs.
  public var label: String
  /// Code and text of the close frame.
  public var closure: WebSocketClosure
  /// True if an `error` event precedes the close. An end that the client requested has none.
  public var isError: Bool
  /// A fault of the server's side gives the rate-limit slot back.
  public var isServerFault: Bool
  /// Time to wait, for `rate_limit_exceeded`.
  public var retryAfter: Duration?

  /// Creates a close reason.
  public init(
    label: String, code: UInt16, text: String, isError: Bool = true, isServerFault: Bool = false, retryAfter: Duration? = nil
  ) {
    self.label = label
    closure = WebSocketClosure(code: code, reason: text)
    self.isError = isError
    self.isServerFault = isServerFault
    self.retryAfter = retryAfter
  }
}

extension CloseReason {
  /// Voice is switched off.
  public static let featureDisabled = Self.policy("feature_disabled", "Voice realtime is disabled")
  /// The request holds no token.
  public static let tokenMissing = Self.policy("auth_token_missing", "Authentication required")
  /// The token is not acceptable.
  public static let tokenInvalid = Self.policy("auth_token_invalid", "Authentication failed")
  /// The token's time is over.
  public static let tokenExpired = Self.policy("auth_token_expired", "Token expired")
  /// The user's plan does not include voice.
  public static let planNotAllowed = Self.policy("plan_not_allowed", "Voice is not included in your plan")
  /// The rollout does not include the user yet.
  public static let featureNotAvailable = Self.policy("feature_not_available", "Feature not available for your account")
  /// The model is not on the list.
  public static let modelNotAllowed = Self.policy("model_not_allowed", "Model not allowed")
  /// The session to resume is unknown or another user's.
  public static let sessionNotFound = Self.policy("session_not_found", "Session not found")
  /// Another connection resumed the session.
  public static let sessionReplaced = Self.policy("session_replaced", "Session opened elsewhere")
  /// An operator, or a token that is no longer good, ended the session.
  public static let sessionRevoked = Self.policy("session_revoked", "Session revoked")
  /// The user's spending of the day is used up.
  public static let costLimitExceeded = Self.policy("cost_limit_exceeded", "Daily spend limit reached")
  /// The Realtime API cannot be reached, or was lost for too long.
  public static let upstreamUnavailable = Self(
    label: "upstream_unavailable", code: 1013, text: "Voice service unavailable, try again", isServerFault: true)
  /// The client was idle for too long.
  public static let idleTimeout = Self(label: "idle_timeout", code: 1000, text: "Session idle")
  /// The client ended the session.
  public static let sessionEnded = Self(label: "session_ended", code: 1000, text: "Session ended", isError: false)
  /// The instance drains; a client can resume on another one.
  public static let serverDraining = Self(label: "server_draining", code: 1012, text: "Server restarting, reconnect")
  /// The client does not read what it is sent.
  public static let slowConsumer = Self(label: "slow_consumer", code: 1013, text: "Client too slow")
  /// A message is above the bound.
  public static let messageTooLarge = Self(label: "message_too_large", code: 1009, text: "Message too large")
  /// A fault of the gateway.
  public static let internalError = Self(label: "internal_error", code: 1011, text: "Internal error", isServerFault: true)

  /// The user has as many sessions as allowed; the text holds the limit.
  public static func concurrentLimitExceeded(limit: Int) -> Self {
    policy("concurrent_limit_exceeded", "Too many concurrent sessions (\(limit) max)")
  }

  /// `Rate limit exceeded (5 sessions/hour max)`; another window than an hour is written in seconds.
  public static func rateLimitExceeded(limit: Int, window: Duration, retryAfter: Duration) -> Self {
    let span = window == .seconds(3_600) ? "hour" : "\(window.components.seconds) s"
    var reason = policy("rate_limit_exceeded", "Rate limit exceeded (\(limit) sessions/\(span) max)")
    reason.retryAfter = retryAfter
    return reason
  }

  /// `Session time limit reached (10 min)`; no whole number of minutes is written in seconds.
  public static func sessionTimeLimit(_ limit: Duration) -> Self {
    let seconds = limit.components.seconds
    let span = seconds > 0 && seconds.isMultiple(of: 60) ? "\(seconds / 60) min" : "\(seconds) s"
    return Self(label: "session_time_limit", code: 1000, text: "Session time limit reached (\(span))")
  }

  /// The client closed, or vanished: nothing is left to say to it.
  public static func clientClosed(_ closure: WebSocketClosure) -> Self {
    Self(label: closure.code == 1006 ? "client_lost" : "client_closed", code: closure.code, text: closure.reason, isError: false)
  }

  /// The client broke the WebSocket protocol: only the close frame says so.
  public static func clientFailed(_ closure: WebSocketClosure) -> Self {
    Self(label: "client_protocol_error", code: closure.code, text: closure.reason, isError: false)
  }

  /// Upstream closed by itself: its own code and reason are the client's, after the error event that upstream sent.
  public static func upstreamClosed(_ closure: WebSocketClosure) -> Self {
    Self(label: "upstream_closed", code: closure.code, text: closure.reason, isError: false, isServerFault: true)
  }

  private static func policy(_ label: String, _ text: String) -> Self { Self(label: label, code: 1008, text: text) }
}
