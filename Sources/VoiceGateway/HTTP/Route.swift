package import HTTPTypes

/// A path and what it takes. Every method that is not there is answered with 405 and `Allow`.
package struct Route: Sendable {
  package typealias Handler = @Sendable (RouteCall) async throws -> GatewayResponse
  package enum Access: Sendable, Equatable {
    /// Every caller, or those that the handler lets on.
    case open
    case admin
  }

  package var path: String
  package var handlers: [HTTPRequest.Method: Handler]
  package var access: Access
  /// True if pages of other hosts may call it, as far as the settings allow them.
  package var isCrossOrigin = false

  /// - Parameter path: of at most one element that begins with `:`, which stands for any one element.
  package init(
    _ path: String, access: Access = .open, isCrossOrigin: Bool = false, _ handlers: [HTTPRequest.Method: Handler]
  ) {
    self.path = path
    self.access = access
    self.handlers = handlers
    self.isCrossOrigin = isCrossOrigin
    if let get = handlers[.get], handlers[.head] == nil { self.handlers[.head] = { call in try await get(call).withoutBody } }
    guard isCrossOrigin else { return }
    let allow = (Array(self.handlers.keys) + [.options]).map(\.rawValue).sorted().joined(separator: ", ")
    self.handlers[.options] = { _ in GatewayResponse(.noContent, headers: [.allow: allow]) }
  }

  /// `/v1/...` and `/api/v1/...` are the same routes.
  package var paths: [String] { path.hasPrefix("/v1/") ? [path, "/api" + path] : [path] }

  /// The element that stands for `:name`, or an empty one where there is none; nil for a path that is not this route's.
  func match(_ path: String) -> String? {
    let elements = path.split(separator: "/")
    for pattern in paths {
      let wanted = pattern.split(separator: "/")
      guard wanted.count == elements.count, zip(wanted, elements).allSatisfy({ $0.hasPrefix(":") || $0 == $1 }) else { continue }
      return zip(wanted, elements).first { $0.0.hasPrefix(":") }.map { String($0.1) } ?? ""
    }
    return nil
  }
}

/// One request that a route answers.
package struct RouteCall: Sendable {
  package var request: GatewayRequest
  /// The path's element in the place of `:name`, as it was sent.
  package var parameter = ""
}
