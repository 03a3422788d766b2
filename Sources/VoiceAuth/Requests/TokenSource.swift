public import HTTPTypes
public import VoiceCore

/// Finds the token of a request, wherever clients put it.
public enum TokenSource {
  /// Result of the search for a token in a request.
  public enum Finding: Sendable, Equatable {
    /// The request holds no token.
    case none
    /// The one token of the request, not verified yet.
    case token(Secret)
    /// Good for one connection; in place of a token in a URL.
    case ticket(Secret)
    /// Two tokens that are not the same: HTTP 400.
    case conflict
  }

  /// Prefix of the subprotocol that carries a token, for browsers, which cannot set header fields.
  public static let subprotocolPrefix = "openai-insecure-api-key."

  /// Looks, in this order, at `Authorization: Bearer`, `api-key`, the subprotocol `openai-insecure-api-key.<token>`,
  /// `?token=` and `?ticket=`. Other schemes of `Authorization` and empty values do not count.
  public static func find(in request: HTTPRequest) -> Finding {
    let query = QueryItems(path: request.path ?? "")
    let tokens =
      bearers(request.headerFields) + request.headerFields[values: .apiKey].map(\.utf8.withoutOuterBlanks)
      + subprotocols(request.headerFields)
      + query.all("token")
    let found =
      tokens.filter { !$0.isEmpty }.map { Finding.token(Secret($0)) }
      + query.all("ticket").map { Finding.ticket(Secret($0)) }
    guard let first = found.first else { return .none }
    return found.allSatisfy { $0 == first } ? first : .conflict
  }

  private static func bearers(_ fields: HTTPFields) -> [String] {
    fields[values: .authorization].compactMap { value in
      let scheme = "bearer ".utf8
      guard value.utf8.prefix(scheme.count).elementsEqual(scheme, by: { $0 | 0x20 == $1 }) else { return nil }
      return value.utf8.dropFirst(scheme.count).withoutOuterBlanks
    }
  }

  private static func subprotocols(_ fields: HTTPFields) -> [String] {
    fields[values: .secWebSocketProtocol].flatMap { $0.split(separator: ",") }.map(\.utf8.withoutOuterBlanks)
      .filter { $0.hasPrefix(subprotocolPrefix) }.map { String($0.dropFirst(subprotocolPrefix.count)) }
  }
}

extension HTTPField.Name {
  static let apiKey = Self("api-key")!
}
