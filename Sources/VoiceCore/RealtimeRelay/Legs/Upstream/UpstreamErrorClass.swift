/// Severity of an `error` event of upstream for its session.
enum UpstreamErrorClass {
  /// The event that it is about had no effect, and all else goes on.
  case harmless
  /// The same succeeds when the response that is in the way is done.
  case retry
  /// Upstream is about to close, or will answer nothing any more.
  case fatal

  /// Classifies an `error.code`. Unknown codes are harmless: a server that means more closes.
  init(code: String) {
    switch code {
    case "conversation_already_has_active_response": self = .retry
    case "session_expired", "invalid_api_key", "invalid_model", "missing_model", "beta_api_shape_disabled", "insufficient_quota",
      "credit_balance_exhausted":
      self = .fatal
    default: self = .harmless
    }
  }
}
