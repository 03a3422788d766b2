import HTTPTypes
import NIOCore
import VoiceGateway

/// A self-contained HTML page: its inline scripts and styles run by a nonce that is new with every answer.
struct Page: Sendable {
  /// The page's text, cut where a nonce belongs.
  private let parts: [Substring]

  init(html: String) {
    var parts: [Substring] = []
    var rest = html[...]
    while let next = ["<script", "<style"].compactMap({ rest.firstRange(of: $0) }).min(by: { $0.lowerBound < $1.lowerBound }) {
      parts.append(rest[..<next.upperBound])
      rest = rest[next.upperBound...]
    }
    self.parts = parts + [rest]
  }

  func response(using generator: inout some RandomNumberGenerator) -> GatewayResponse {
    let nonce = (0..<2).map { _ in String(UInt64.random(in: .min ... .max, using: &generator), radix: 36) }.joined()
    return GatewayResponse(.ok, headers: PageHeaders.fields(nonce: nonce), body: ByteBuffer(string: html(nonce: nonce)))
  }

  func html(nonce: String) -> String { parts.joined(separator: " nonce=\"\(nonce)\"") }
}
