import VoiceCore

/// Path of a claim: a name, or names joined by dots for nested objects, such as `app_metadata.plan`.
public struct ClaimPath: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  public let description: String
  private let names: [String]

  /// Creates a path from names with dots between them.
  public init(_ path: String) {
    description = path
    names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }
  public init(stringLiteral path: String) { self.init(path) }

  /// A top-level claim of the whole name goes first, since names may be URLs (RFC 7519 section 4.2). `null` is absence.
  func find(in claims: JSONObject) -> JSONValue? {
    let found = claims[description] ?? descend(into: claims)
    return found == .null ? nil : found
  }

  private func descend(into claims: JSONObject) -> JSONValue? {
    var value = JSONValue.object(claims)
    for name in names {
      guard let member = value.object?[name] else { return nil }
      value = member
    }
    return value
  }
}
