import Foundation
import VoiceCore

/// A gateway's address as an operator writes it: scheme, host, and a path in front of `/v1` if there is one.
struct AdminURL: Equatable {
  let scheme: String
  let authority: String
  let prefix: String

  init?(_ text: String) {
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme),
      let host = parts.host, !host.isEmpty, parts.user == nil
    else { return nil }
    self.scheme = scheme
    authority = URLHost.bracketed(host) + (parts.port.map { ":\($0)" } ?? "")
    var path = parts.path[...]
    while path.hasSuffix("/") { path = path.dropLast() }
    prefix = String(path.hasSuffix("/v1") ? path.dropLast(3) : path)
  }

  /// The target of `route`, which begins with `/v1`.
  func path(_ route: String) -> String { prefix + route }
}
