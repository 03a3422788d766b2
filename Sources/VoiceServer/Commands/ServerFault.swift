import HTTPTypes
import VoiceCore

/// Faults of a server that a command asks, in an operator's words, and what mends them.
enum ServerFault {
  /// Words for a request that failed, with what to do next.
  ///
  /// A server without TLS is told from one without a trusted certificate by a request without TLS, which has no token.
  ///
  /// - Parameter source: name of what was set to the server's address.
  static func words(
    for error: any Error, scheme: String, authority: String, source: String, client: any HTTPClient
  ) async -> String {
    guard let error = error as? HTTPClientError else { return "\(error)" }
    guard error.code == .tls, scheme == "https" else {
      return "\(what(error, authority: authority)); is the gateway running? look at \(source)"
    }
    let plain = HTTPRequest(method: .get, scheme: "http", authority: authority, path: "/livez")
    if (try? await client.execute(plain, body: nil, options: HTTPClientOptions(timeout: .seconds(2)))) != nil {
      return "the server speaks no TLS there; write http:// in \(source)"
    }
    return "TLS failed; set SSL_CERT_FILE to the authorities' PEM, and name the host in \(source) as the certificate does"
  }

  /// Fault without the authority, which its message begins with.
  private static func what(_ error: HTTPClientError, authority: String) -> String {
    if error.message.hasPrefix(authority + ": ") { return String(error.message.dropFirst(authority.count + 2)) }
    return switch error.code {
    case .timeout: "no answer in time"
    case .closed: "closed before it answered"
    case .protocolError: "the answer is no HTTP"
    default: error.description
    }
  }
}
