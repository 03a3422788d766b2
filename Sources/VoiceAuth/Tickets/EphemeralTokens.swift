public import VoiceCore

/// Mints what stands in for a JWT for a short time, and verifies it; leaves every other token to the verifier behind.
public struct EphemeralTokens: TokenVerifier {
  /// Kind of short-lived token.
  public enum Kind: Sendable, Equatable, CaseIterable {
    /// Good for one connection, so that no JWT stands in a URL.
    case ticket
    /// Good for any number of connections while it lasts, as OpenAI's client secrets are.
    case clientSecret

    var prefix: String {
      switch self {
      case .ticket: "vt_"
      case .clientSecret: "ek_"
      }
    }
  }

  private let base: any TokenVerifier
  private let store: any TicketStore
  private let now: @Sendable () -> UnixTime

  /// `now` is the wall clock.
  public init(base: any TokenVerifier, store: any TicketStore, now: @escaping @Sendable () -> UnixTime) {
    self.base = base
    self.store = store
    self.now = now
  }

  /// A token of 256 random bits that stands for `holder` for `lifetime`, and never longer than the holder's own token. Nil
  /// where the holder has too many that live. Throws what the store throws.
  public func mint(
    _ kind: Kind, for holder: VerifiedToken, lifetime: Duration, using generator: inout some RandomNumberGenerator
  ) async throws -> Secret? {
    let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let token = kind.prefix + Base64URL.encode(bytes)
    let lifetime = min(lifetime, holder.expiresAt - now())
    guard lifetime > .zero, try await store.put(holder, under: Self.name(of: token), for: lifetime) else { return nil }
    return Secret(token)
  }

  public func verify(_ token: Secret) async -> Result<VerifiedToken, TokenRefusal> {
    let text = token.expose()
    guard let kind = Kind.allCases.first(where: { text.hasPrefix($0.prefix) }) else { return await base.verify(token) }
    // Nothing longer was ever minted, and hashing it would be free work for a stranger.
    guard text.utf8.count == 46 else { return .failure(TokenRefusal(.invalid, "a ticket of another length")) }
    do {
      guard let holder = try await holder(of: kind, Self.name(of: text)) else {
        return .failure(TokenRefusal(.invalid, "ticket is unknown, already used, or expired"))
      }
      guard now() < holder.expiresAt else { return .failure(TokenRefusal(.expired, "the token behind the ticket has expired")) }
      return .success(holder)
    } catch {
      return .failure(TokenRefusal(.unavailable, "the store of tickets does not answer"))
    }
  }

  private func holder(of kind: Kind, _ name: String) async throws -> VerifiedToken? {
    switch kind {
    case .ticket: try await store.take(name)
    case .clientSecret: try await store.find(name)
    }
  }

  private static func name(of token: String) -> String { Base64URL.encode(SHA256.digest(Array(token.utf8))) }
}
