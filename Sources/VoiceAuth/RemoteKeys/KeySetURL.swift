import HTTPTypes
import VoiceCore

/// URL of a key set: https, or http on this machine only, without user or password.
struct KeySetURL: Equatable {
  let scheme: String
  let authority: String
  let path: String

  init(_ text: String) throws(VoiceAuthError) {
    guard let mark = text.firstRange(of: "://") else { throw Self.failure("no URL") }
    scheme = text[..<mark.lowerBound].lowercased()
    let rest = text[mark.upperBound...].prefix { $0 != "#" }
    authority = rest.prefix { $0 != "/" && $0 != "?" }.lowercased()
    let path = rest.dropFirst(authority.count)
    self.path = path.hasPrefix("/") ? String(path) : "/" + path
    guard let host = WebOrigin("\(scheme)://\(authority)")?.host else { throw Self.failure("no URL of a host") }
    guard self.path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw Self.failure("a path that is not encoded") }
    guard scheme == "https" || URLHost.isLoopback(host) else { throw Self.failure("https is needed, but on loopback") }
  }

  /// Resolves a redirect. Returns nil if it leaves scheme, host or port: one host does not vouch for another.
  func redirected(to location: String) -> KeySetURL? {
    let target = location.hasPrefix("/") && !location.hasPrefix("//") ? "\(scheme)://\(authority)\(location)" : location
    guard let url = try? KeySetURL(target), url.scheme == scheme, url.authority == authority else { return nil }
    return url
  }

  var request: HTTPRequest {
    HTTPRequest(
      method: .get, scheme: scheme, authority: authority, path: path,
      headerFields: [.accept: "application/jwk-set+json, application/json"])
  }

  private static func failure(_ message: String) -> VoiceAuthError { VoiceAuthError(.invalidSetting, message) }
}
