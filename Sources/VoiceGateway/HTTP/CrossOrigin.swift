import HTTPTypes
import VoiceAuth
import VoiceCore

/// Lets pages of the allowed origins call routes from another host (CORS, the Fetch Standard section 3.2). No cookie is ever taken, so
/// credentials mode is not offered.
struct CrossOrigin: Sendable {
  let origins: OriginPolicy

  /// Fields of every answer to a page of an allowed origin, errors too; empty for other requests.
  func fields(for request: HTTPRequest) -> HTTPFields {
    // An answer without the fields must not be kept for an origin that would get them.
    var fields: HTTPFields = origins.namesOrigins ? [.vary: "Origin"] : [:]
    guard let origin = request.headerFields[.origin], origins.lists(request) else { return fields }
    fields[.accessControlAllowOrigin] = origin
    fields[.accessControlExposeHeaders] = "Retry-After, Location, WWW-Authenticate"
    fields[HTTPField.Name("Cross-Origin-Resource-Policy")!] = "cross-origin"
    return fields
  }

  /// Fields of an answer to a preflight; empty where the page may not call.
  func preflightFields(for request: HTTPRequest, methods: [HTTPRequest.Method]) -> HTTPFields {
    guard request.headerFields[.accessControlRequestMethod] != nil, origins.lists(request) else { return [:] }
    let asked = request.headerFields[values: .accessControlRequestHeaders].flatMap { $0.split(separator: ",") }
      .map { $0.trimmed.lowercased() }.filter { HTTPField.Name($0) != nil }
    let usual = ["authorization", "content-type"]
    return [
      .accessControlAllowMethods: methods.map(\.rawValue).sorted().joined(separator: ", "),
      .accessControlAllowHeaders: (usual + asked.filter { !usual.contains($0) }.prefix(50)).joined(separator: ", "),
      .accessControlMaxAge: "600",
    ]
  }
}
