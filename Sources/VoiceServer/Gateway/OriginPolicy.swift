import HTTPTypes

/// Which web pages may open a session: a browser says where a page comes from, and other clients say nothing (RFC 6454).
struct OriginPolicy: Sendable {
  /// As `https://example.com`; `*` is any. Empty: pages of the same host only.
  let allowed: [String]

  func allows(_ head: HTTPRequest) -> Bool {
    let origins = head.headerFields[values: .origin]
    guard let origin = origins.first else { return true }
    guard origins.count == 1 else { return false }
    if allowed.isEmpty { return host(of: origin).map { $0 == head.authority?.lowercased() } ?? false }
    return allowed.contains("*") || allowed.contains { $0.lowercased() == origin.lowercased() }
  }

  /// Host and port, as a `Host` field has them; nil for `null` and what is no web origin.
  private func host(of origin: String) -> String? {
    for scheme in ["https://", "http://"] where origin.lowercased().hasPrefix(scheme) {
      return origin.dropFirst(scheme.count).lowercased()
    }
    return nil
  }
}

extension HTTPField.Name {
  fileprivate static let origin = Self("Origin")!
}
