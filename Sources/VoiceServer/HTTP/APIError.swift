import HTTPTypes
import Hummingbird

/// An answer that refuses: JSON `{"error":{"type","code","message"}}` and a status.
struct APIError: HTTPResponseError, Equatable {
  struct Body: Codable, Equatable {
    struct Detail: Codable, Equatable {
      var type: String
      var code: String
      var message: String
    }
    var error: Detail
  }

  var status: HTTPResponse.Status
  var detail: Body.Detail
  var headers = HTTPFields()

  init(_ status: HTTPResponse.Status, type: String = "invalid_request_error", code: String, _ message: String) {
    self.status = status
    detail = Body.Detail(type: type, code: code, message: message)
  }

  func with(_ name: HTTPField.Name, _ value: String) -> Self {
    var copy = self
    copy.headers[name] = value
    return copy
  }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    var response = JSONBody.response(Body(error: detail), status: status)
    for field in headers { response.headers.append(field) }
    return response
  }
}

extension APIError {
  static let notFound = Self(.notFound, code: "not_found", "Not found")
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

  static func unauthorized(_ code: String, _ message: String) -> Self {
    Self(.unauthorized, type: "authentication_error", code: code, message).with(.wwwAuthenticate, "Bearer realm=\"voice\"")
  }

  static func methodNotAllowed(_ allowed: [HTTPRequest.Method]) -> Self {
    let list = allowed.map(\.rawValue).sorted().joined(separator: ", ")
    return Self(.methodNotAllowed, code: "method_not_allowed", "This route takes \(list)").with(.allow, list)
  }

  static func invalid(_ code: String, _ message: String) -> Self { Self(.badRequest, code: code, message) }

  static func modelNotAllowed(_ name: String) -> Self { invalid("model_not_allowed", "Invalid '\(name)': Model not allowed") }

  static func tooMany(_ message: String, retryAfter seconds: Int) -> Self {
    Self(.tooManyRequests, type: "rate_limit_error", code: "rate_limit_exceeded", message).with(.retryAfter, String(seconds))
  }
}
