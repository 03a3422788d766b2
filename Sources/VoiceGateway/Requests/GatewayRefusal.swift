import HTTPTypes
import VoiceTransport

/// Rejection over HTTP, before the upgrade.
enum GatewayRefusal: Error, Sendable, Equatable {
  case notFound, ambiguousToken, originNotAllowed, draining, full

  var reply: HTTPReply {
    switch self {
    case .notFound: .error(.notFound, code: "not_found", message: "Not found")
    case .ambiguousToken: .error(.badRequest, code: "ambiguous_token", message: "Two different tokens in one request")
    case .originNotAllowed: .error(.forbidden, code: "origin_not_allowed", message: "This origin is not allowed")
    case .draining:
      .error(
        .serviceUnavailable, type: "server_error", code: "server_draining", message: "Server restarting, reconnect",
        headers: [.retryAfter: "5"])
    case .full:
      .error(
        .serviceUnavailable, type: "server_error", code: "at_capacity", message: "Too many connections, try again",
        headers: [.retryAfter: "5"])
    }
  }
}
