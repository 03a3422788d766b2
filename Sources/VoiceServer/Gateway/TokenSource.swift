import HTTPTypes
import VoiceCore

/// Where a client's token stands: `Authorization: Bearer`, `api-key`, a subprotocol, `?token=`, `?ticket=`.
enum TokenSource {
  private static let subprotocolPrefix = "openai-insecure-api-key."

  /// The token, found in the contract's order; fails when two places, or one place twice, name different ones.
  static func find(fields: HTTPFields, subprotocols: [String], query: QueryItems) -> Result<Secret?, GatewayRefusal> {
    var found = fields[values: .authorization].compactMap(bearer)
    found += fields[values: HTTPField.Name("api-key")!].filter { !$0.isEmpty }
    found += subprotocols.filter { $0.hasPrefix(subprotocolPrefix) }.map { String($0.dropFirst(subprotocolPrefix.count)) }
    found += query.all("token") + query.all("ticket")
    guard let first = found.first else { return .success(nil) }
    return found.allSatisfy { $0 == first } ? .success(Secret(first)) : .failure(.ambiguousToken)
  }

  /// RFC 6750 section 2.1; the scheme in any case (RFC 9110 section 11.1).
  private static func bearer(_ value: String) -> String? {
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    let token = parts[1].drop { $0 == " " }
    return token.isEmpty ? nil : String(token)
  }
}
