/// An ending or a refusal of a session: its code, and whether trying again can help.
public struct VoiceEnding: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Retry: Sendable, Equatable {
    /// Reconnects by itself, and goes on with the conversation.
    case resume
    /// Asks the app for another token, once.
    case token
    /// The user may begin a new session.
    case new
    /// The user may begin a new session after a while.
    case later
    case never
  }

  /// `error.code` of the gateway, or what this client found out.
  public var code: String
  /// Code of the close frame; 1006 where there was none.
  public var closeCode: Int
  public var message: String
  public var retry: Retry
  public var retryAfterSeconds: Int?

  public init(code: String, closeCode: Int, message: String, retry: Retry, retryAfterSeconds: Int? = nil) {
    self.code = code
    self.closeCode = closeCode
    self.message = message
    self.retry = retry
    self.retryAfterSeconds = retryAfterSeconds
  }

  public var description: String { "\(code): \(message)" }
}

extension VoiceEnding {
  /// Reads the meaning of a close. `lastError` is the `error` event that came right before it, if one did.
  public static func of(closeCode: Int, reason: String, lastError: VoiceFault?) -> VoiceEnding {
    if let lastError, let code = lastError.code {
      if let (known, retry) = table[code], known == closeCode {
        return VoiceEnding(
          code: code, closeCode: closeCode, message: lastError.message, retry: retry, retryAfterSeconds: lastError.retryAfterSeconds)
      }
      if closeCode >= 3000 || closeCode == 1001 {
        return VoiceEnding(code: code, closeCode: closeCode, message: lastError.message, retry: table[code]?.1 ?? .never)
      }
    }
    let code = closeCode >= 3000 ? "upstream_closed" : byCloseCode[closeCode] ?? "connection_lost"
    return VoiceEnding(code: code, closeCode: closeCode, message: reason.isEmpty ? code : reason, retry: table[code]?.1 ?? .never)
  }

  static let table: [String: (Int, Retry)] = [
    "feature_disabled": (1008, .later), "auth_token_missing": (1008, .token), "auth_token_invalid": (1008, .token),
    "auth_token_expired": (1008, .token), "plan_not_allowed": (1008, .never), "feature_not_available": (1008, .never),
    "concurrent_limit_exceeded": (1008, .later), "rate_limit_exceeded": (1008, .later), "model_not_allowed": (1008, .never),
    "session_not_found": (1008, .new), "session_replaced": (1008, .new), "session_revoked": (1008, .never),
    "cost_limit_exceeded": (1008, .later), "upstream_unavailable": (1013, .resume), "session_time_limit": (1000, .new),
    "idle_timeout": (1000, .new), "session_ended": (1000, .new), "server_draining": (1012, .resume), "slow_consumer": (1013, .resume),
    "message_too_large": (1009, .never), "internal_error": (1011, .resume), "session_expired": (1001, .new),
    "going_away": (1001, .resume), "connection_lost": (1006, .resume), "protocol_error": (1002, .never), "refused": (1008, .later),
    "upstream_closed": (0, .never),
  ]

  private static let byCloseCode = [
    1000: "session_ended", 1001: "going_away", 1002: "protocol_error", 1003: "protocol_error", 1007: "protocol_error", 1008: "refused",
    1009: "message_too_large", 1011: "internal_error", 1012: "server_draining", 1013: "upstream_unavailable",
  ]
}

/// The body of an `error` event.
public struct VoiceFault: Sendable, Equatable, Decodable {
  public var code: String?
  public var message: String
  public var retryAfterSeconds: Int?

  enum CodingKeys: String, CodingKey {
    case code, message
    case retryAfterSeconds = "retry_after_seconds"
  }

  public init(code: String?, message: String, retryAfterSeconds: Int? = nil) {
    self.code = code
    self.message = message
    self.retryAfterSeconds = retryAfterSeconds
  }
}
