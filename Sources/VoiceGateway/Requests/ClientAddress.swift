package import HTTPTypes
import VoiceCore
import VoiceTransport

/// Address of a client: the peer of its connection, or the address that trusted proxies forward.
package struct ClientAddress: Equatable, Sendable {
  /// Address in canonical form, without a port; `unknown` if there is none.
  package var text: String

  /// Walks back from the nearest proxy to the first address that is no trusted proxy (RFC 7239 section 5.2).
  ///
  /// A proxy writes one of the two headers and passes the other on as the client sent it: where both are there and do
  /// not agree, neither is believed.
  package static func resolve(peer: String?, headers: HTTPFields, trusted: [AddressBlock]) -> Self {
    Self(text: client(in: headers, behind: peer.flatMap(AddressBlock.canonical) ?? "unknown", trusted: trusted))
  }

  /// True for a peer on this machine whose request has no header field of a proxy, trusted or not: one that passes something on is no
  /// local client. A proxy that writes none looks the same.
  package static func isLoopback(peer: String?, headers: HTTPFields) -> Bool {
    guard let peer = peer.flatMap(AddressBlock.canonical), URLHost.isLoopback(URLHost.bracketed(peer)) else { return false }
    return !headers.contains { isOfProxy($0.name.canonicalName) }
  }

  private static func client(in headers: HTTPFields, behind peer: String, trusted: [AddressBlock]) -> String {
    guard trusted.contains(where: { $0.contains(peer) }) else { return peer }
    let listed = headers[values: .xForwardedFor].flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let chains: [[String?]] = [listed.map { address(in: String($0.trimmed)) }, forwardedFor(headers[values: .forwarded])]
    let clients = Set(chains.filter { !$0.isEmpty }.map { client(of: $0, behind: peer, trusted: trusted) })
    guard let client = clients.first, clients.count == 1 else { return peer }
    return client
  }

  /// `chain` is in the order of the header, the nearest last; nil is what is no address.
  private static func client(of chain: [String?], behind peer: String, trusted: [AddressBlock]) -> String {
    var client = peer
    for address in chain.reversed() {
      guard let address else { break }
      client = address
      if !trusted.contains(where: { $0.contains(address) }) { break }
    }
    return client
  }

  /// The client's network, by which it is counted: see ``ClientNetwork``.
  package var network: String { ClientNetwork(text)?.description ?? text }

  /// True for the name, in lower case, of a header field that proxies write and clients on this machine do not: it tells of a hop, of an
  /// address, or is of a proxy's own.
  private static func isOfProxy(_ name: String) -> Bool {
    proxyFields.contains(name) || proxyPrefixes.contains { name.hasPrefix($0) } || proxyWords.contains { name.contains($0) }
  }

  private static let proxyFields: Set = ["via", "cdn-loop", "x-host", "x-amzn-trace-id", "x-cloud-trace-context", "front-end-https"]
  private static let proxyPrefixes = ["cf-", "x-envoy-", "x-appengine-", "fly-", "x-vercel-", "x-arr-", "x-azure-"]
  private static let proxyWords = ["forward", "proxy", "original", "scheme", "-ip", "clientip", "-addr"]

  /// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.
  private static func address(in text: String) -> String? {
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      return AddressBlock.canonical(String(text[text.index(after: text.startIndex)..<end]))
    }
    let isIPv4WithPort = text.utf8.count { $0 == UInt8(ascii: ":") } == 1
    return AddressBlock.canonical(isIPv4WithPort ? String(text.prefix { $0 != ":" }) : text)
  }

  /// The `for` of each element of `Forwarded` (RFC 7239 section 4), nil where it is hidden or missing.
  private static func forwardedFor(_ values: [String]) -> [String?] {
    values.flatMap { split($0, at: ",") }.map { element in
      for pair in split(element, at: ";") {
        let name = pair.prefix { $0 != "=" }
        guard name.count < pair.count, name.trimmed.lowercased() == "for" else { continue }
        let value = String(pair.dropFirst(name.count + 1).trimmed)
        return address(in: value.hasPrefix("\"") && value.hasSuffix("\"") && value.count > 1 ? String(value.dropFirst().dropLast()) : value)
      }
      return nil
    }
  }

  /// Quoted strings hide the separator.
  private static func split(_ text: String, at separator: Character) -> [String] {
    var parts = [""]
    var isQuoted = false
    for character in text {
      if character == "\"" { isQuoted.toggle() }
      if character == separator, !isQuoted { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    return parts
  }
}

extension HTTPField.Name {
  static let xForwardedFor = Self("X-Forwarded-For")!
  static let forwarded = Self("Forwarded")!
}
