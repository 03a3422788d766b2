public import HTTPTypes
public import NIOCore
import VoiceAuth
import VoiceCore
import VoiceTransport

/// Answer to a plain HTTP request.
public struct GatewayAnswer: Sendable, Equatable {
  /// Status and header fields.
  public var head: HTTPResponse
  /// Body of the answer.
  public var body: ByteBuffer

  init(_ status: HTTPResponse.Status, _ text: String = "", type: String = "application/json", _ fields: [HTTPField.Name: String] = [:]) {
    head = HTTPResponse(status: status)
    body = ByteBuffer(string: text)
    if !text.isEmpty { head.headerFields[.contentType] = type }
    for (name, value) in fields { head.headerFields[name] = value }
  }
}

// Routes for whatever HTTP server stands around the gateway.
extension VoiceGateway {
  /// Paths of the plain routes; `{id}` stands for a session. Each is served below `/api` too.
  public static let routes = ["/livez", "/readyz", "/v1/voice/health", "/v1/voice/sessions/{id}"]

  /// Answers a request for one of the ``routes``; nil for any other path.
  ///
  /// `DELETE` of a session is for its own user, whose token stands in `Authorization`.
  public func respond(to request: HTTPRequest) async -> GatewayAnswer? {
    let path = (request.path ?? "/").prefix { $0 != "?" }
    let route = path.hasPrefix("/api/v1/") ? path.dropFirst(4) : path
    switch route {
    case "/livez": return only([.get, .head], request) ?? GatewayAnswer(.ok, "ok\n", type: "text/plain")
    case "/readyz":
      let answer =
        isDraining
        ? GatewayAnswer(.serviceUnavailable, "draining\n", type: "text/plain") : GatewayAnswer(.ok, "ready\n", type: "text/plain")
      return only([.get, .head], request) ?? answer
    case "/v1/voice/health":
      let status = isDraining ? "draining" : isEnabled ? "healthy" : "disabled"
      let text = #"{"status":"\#(status)","feature_enabled":\#(isEnabled),"active_sessions":\#(activeSessions)}"#
      return only([.get, .head], request) ?? GatewayAnswer(.ok, text)
    default: break
    }
    let prefix = "/v1/voice/sessions/"
    guard route.hasPrefix(prefix), !route.dropFirst(prefix.count).contains("/") else { return nil }
    if let refusal = only([.delete], request) { return refusal }
    return await delete(String(route.dropFirst(prefix.count)), request)
  }

  private func delete(_ name: String, _ request: HTTPRequest) async -> GatewayAnswer {
    let notFound = error(.notFound, "session_not_found", "Session not found")
    var head = request
    head.path = nil
    let user: VerifiedToken
    switch TokenSource.find(in: head) {
    case .none: return error(.unauthorized, "auth_token_missing", "Authentication required")
    case .conflict: return error(.badRequest, "ambiguous_token", "Two different tokens in one request")
    case .token(let token), .ticket(let token):
      guard case .success(let verified) = await verify(token) else {
        return error(.unauthorized, "auth_token_invalid", "Authentication failed")
      }
      user = verified
    }
    do {
      guard let session = SessionID(name), user.userID.isSameUser(as: try await self.user(of: session)), try await end(session) else {
        return notFound
      }
      return GatewayAnswer(.noContent)
    } catch {
      return self.error(.internalServerError, "internal_error", "Internal error")
    }
  }

  private func only(_ methods: [HTTPRequest.Method], _ request: HTTPRequest) -> GatewayAnswer? {
    guard !methods.contains(request.method) else { return nil }
    let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
    var answer = error(.methodNotAllowed, "method_not_allowed", "This route takes \(allowed)")
    answer.head.headerFields[.allow] = allowed
    return answer
  }

  private func error(_ status: HTTPResponse.Status, _ code: String, _ message: String) -> GatewayAnswer {
    GatewayAnswer(status, #"{"error":{"type":"invalid_request_error","code":"\#(code)","message":"\#(message)"}}"#)
  }
}
