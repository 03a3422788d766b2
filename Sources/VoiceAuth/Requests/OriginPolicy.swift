public import HTTPTypes

/// Says which web pages may open a connection: a browser sends cookies and reaches private networks for any page, so the
/// page's origin is checked (RFC 6455 section 10.2).
public struct OriginPolicy: Sendable, Equatable {
  private enum Rule: Equatable {
    case any
    case exactly(WebOrigin)
    /// Every host below a domain.
    case below(WebOrigin)
  }

  /// Empty = the request's own host only.
  private let rules: [Rule]

  /// Takes origins such as `https://app.example.com`, `https://*.example.com` for every host below a domain, and `*`.
  /// Throws ``VoiceAuthError/Code/invalidSetting`` on what is none of these.
  public init(allowed: [String] = []) throws(VoiceAuthError) {
    var rules: [Rule] = []
    for entry in allowed {
      if entry == "*" {
        rules.append(.any)
      } else if let star = entry.firstRange(of: "://*."), let parent = WebOrigin(entry.replacingCharacters(in: star, with: "://")) {
        rules.append(.below(parent))
      } else if let origin = WebOrigin(entry) {
        rules.append(.exactly(origin))
      } else {
        throw VoiceAuthError(.invalidSetting, "an allowed origin that is no origin, such as https://app.example.com")
      }
    }
    self.rules = rules
  }

  /// A request without `Origin` comes from no browser, and passes. Several, or one that is no origin, do not.
  public func allows(_ request: HTTPRequest) -> Bool {
    let origins = request.headerFields[values: .origin]
    guard let text = origins.first else { return true }
    guard origins.count == 1 else { return false }
    guard rules.isEmpty else { return lists(request) }
    guard let origin = WebOrigin(text) else { return false }
    // Over TLS a page of the same host came over TLS too. Without it, a proxy may end TLS before this server.
    guard request.scheme != "https" || origin.scheme == "https" else { return false }
    return origin.hasHost(request.authority ?? "")
  }

  /// True if origins are named: without any, only pages of the same host are allowed.
  public var namesOrigins: Bool { !rules.isEmpty }

  /// Returns true if the request comes from a page of a named origin, or of any origin with `*`.
  public func lists(_ request: HTTPRequest) -> Bool {
    let origins = request.headerFields[values: .origin]
    guard let text = origins.first, origins.count == 1 else { return false }
    if rules.contains(.any) { return true }
    guard let origin = WebOrigin(text) else { return false }
    return rules.contains { rule in
      switch rule {
      case .any: true
      case .exactly(let allowed): origin == allowed
      case .below(let parent): origin.scheme == parent.scheme && origin.port == parent.port && origin.host.hasSuffix("." + parent.host)
      }
    }
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
