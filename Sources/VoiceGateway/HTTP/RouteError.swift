package import HTTPTypes
import VoiceTransport

/// An answer that refuses: JSON `{"error":{"type","code","message"}}` and a status.
package struct RouteError: Error, Equatable {
  package struct Detail: Codable, Equatable, Sendable {
    package var type: String
    package var code: String
    package var message: String
  }

  package var status: HTTPResponse.Status
  package var detail: Detail
  package var headers = HTTPFields()

  package init(_ status: HTTPResponse.Status, type: String = "invalid_request_error", code: String, _ message: String) {
    self.status = status
    detail = Detail(type: type, code: code, message: message)
  }

  package func with(_ name: HTTPField.Name, _ value: String) -> Self {
    var copy = self
    copy.headers[name] = value
    return copy
  }

  package var response: GatewayResponse {
    GatewayResponse(.error(status, type: detail.type, code: detail.code, message: detail.message, headers: headers))
  }
}

extension RouteError {
  package static let notFound = Self(.notFound, code: "not_found", "Not found")
  static let sessionNotFound = Self(.notFound, code: "session_not_found", "Session not found")
  static let tooLarge = Self(.contentTooLarge, code: "request_too_large", "The request's body is too large")
  static let notJSON = Self(.unsupportedMediaType, code: "unsupported_media_type", "The request's body must be application/json")
  static let timeout = Self(.requestTimeout, code: "request_timeout", "The request's body took too long").with(.connection, "close")
  static let failed = Self(.internalServerError, type: "server_error", code: "internal_error", "Internal error")
  static let tokenMissing = unauthorized("auth_token_missing", "Authentication required")
  static let tokenInvalid = unauthorized("auth_token_invalid", "Authentication failed")
  static let tokenExpired = unauthorized("auth_token_expired", "Token expired")
  static let noVerdict = Self(.serviceUnavailable, type: "server_error", code: "auth_unavailable", "Tokens cannot be verified now")
    .with(.retryAfter, "5")

  static let storeUnavailable = Self(
    .serviceUnavailable, type: "server_error", code: "store_unavailable", "Sessions cannot be looked up now, try again"
  ).with(.retryAfter, "5")

  static func unauthorized(_ code: String, _ message: String) -> Self {
    Self(.unauthorized, type: "authentication_error", code: code, message).with(.wwwAuthenticate, "Bearer realm=\"voice\"")
  }

  static func methodNotAllowed(_ allowed: [HTTPRequest.Method]) -> Self {
    let list = allowed.map(\.rawValue).sorted().joined(separator: ", ")
    return Self(.methodNotAllowed, code: "method_not_allowed", "This route takes \(list)").with(.allow, list)
  }

  package static func invalid(_ code: String, _ message: String) -> Self { Self(.badRequest, code: code, message) }

  static func modelNotAllowed(_ name: String) -> Self { invalid("model_not_allowed", "Invalid '\(name)': Model not allowed") }

  static func tooMany(_ message: String, retryAfter seconds: Int) -> Self {
    Self(.tooManyRequests, type: "rate_limit_error", code: "rate_limit_exceeded", message).with(.retryAfter, String(seconds))
  }
}
