public import HTTPTypes

/// Destination of events and its key: `https://KEY@HOST[:PORT][/PATH]/PROJECT`.
///
/// Prints without its key.
public struct SentryDSN: Sendable, Hashable, CustomStringConvertible {
  /// `http` or `https`.
  public var scheme: String
  /// Public key of the project.
  public var publicKey: String
  /// Host, and its port if one is given.
  public var authority: String
  /// Begins with a slash when there is one, never ends with it.
  public var pathPrefix: String
  /// Number of the project.
  public var project: String

  /// Creates an address from the text of a DSN.
  public init(_ text: String) throws(SentryDSNError) {
    guard let scheme = ["https", "http"].first(where: { text.hasPrefix($0 + "://") }) else {
      throw SentryDSNError("does not begin with https:// or http://")
    }
    let rest = text.dropFirst(scheme.utf8.count + 3)
    guard !rest.contains(where: { "?# \t\r\n".contains($0) }) else { throw SentryDSNError("has a query, a fragment or a space") }
    guard let at = rest.firstIndex(of: "@") else { throw SentryDSNError("has no public key before an @") }
    // A second key after a colon was used before 2018; it is taken and not sent.
    let key = rest[..<at].prefix { $0 != ":" }
    guard !key.isEmpty, key.utf8.allSatisfy(Self.isWordByte) else {
      throw SentryDSNError("has a public key that is no word of letters and digits")
    }
    let target = rest[rest.index(after: at)...]
    let authority = target.prefix { $0 != "/" }
    let path = target[authority.endIndex...].split(separator: "/", omittingEmptySubsequences: true)
    guard Self.isAuthority(authority) else { throw SentryDSNError("names no host, or a port that is none") }
    guard let project = path.last, project.utf8.allSatisfy({ (48...57).contains($0) }) else {
      throw SentryDSNError("does not end with the number of a project")
    }
    self.scheme = scheme
    publicKey = String(key)
    self.authority = authority.lowercased()
    pathPrefix = path.dropLast().map { "/" + $0 }.joined()
    self.project = String(project)
  }

  public var description: String { "\(scheme)://***@\(authority)\(pathPrefix)/\(project)" }

  /// A request that carries an envelope. The key goes in a header field, never in the address.
  public func envelopeRequest(client: String) -> HTTPRequest {
    HTTPRequest(
      method: .post, scheme: scheme, authority: authority, path: "\(pathPrefix)/api/\(project)/envelope/",
      headerFields: [
        .contentType: "application/x-sentry-envelope", .userAgent: client,
        HTTPField.Name("X-Sentry-Auth")!: "Sentry sentry_version=7, sentry_client=\(client), sentry_key=\(publicKey)",
      ])
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
  }

  private static func isAuthority(_ text: Substring) -> Bool {
    let colon = text.hasPrefix("[") ? text.firstRange(of: "]:").map { text.index(after: $0.lowerBound) } : text.firstIndex(of: ":")
    let host = text[..<(colon ?? text.endIndex)]
    if let colon, UInt16(text[text.index(after: colon)...]) ?? 0 == 0 { return false }
    return !host.isEmpty && host.utf8.allSatisfy { isWordByte($0) || [46, 58, 91, 93].contains($0) }
  }
}
