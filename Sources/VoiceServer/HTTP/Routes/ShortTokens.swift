import NIOConcurrencyHelpers
import VoiceCore

/// Mints what stands in for a JWT for a short time: tickets for one connection, and keys as OpenAI's `client_secrets`.
///
/// Kept in memory, bounded, and forgotten when their time is over. Verifies them, and leaves every other token to the
/// verifier behind.
final class ShortTokens: TokenVerifier {
  struct Limits: Sendable, Equatable {
    var perUser = 20
    var total = 100_000
  }

  enum Kind: Sendable, Equatable {
    /// Good for one connection.
    case ticket
    /// Good for any number of connections while it lasts.
    case key

    var prefix: String {
      switch self {
      case .ticket: "vt_"
      case .key: "ek_"
      }
    }
  }

  private struct Entry {
    var user: VerifiedToken
    var kind: Kind
    var expiresAt: UnixTime
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var byUser: [String: Int] = [:]
    /// Names by their end: those of one kind come in order, so little is looked at twice.
    var queue: [(name: String, expiresAt: UnixTime)] = []

    mutating func removeExpired(at time: UnixTime) {
      let count = queue.prefix { $0.expiresAt <= time }.count
      for (name, _) in queue.prefix(count) { remove(name) }
      queue.removeFirst(count)
    }

    /// Its place in the queue goes with its time.
    mutating func remove(_ name: String) {
      guard let entry = entries.removeValue(forKey: name) else { return }
      let left = byUser[entry.user.userID, default: 1] - 1
      byUser[entry.user.userID] = left > 0 ? left : nil
    }
  }

  private let base: any TokenVerifier
  private let limits: Limits
  private let now: @Sendable () -> UnixTime
  private let state = NIOLockedValueBox(State())

  init(base: any TokenVerifier, limits: Limits = Limits(), now: @escaping @Sendable () -> UnixTime) {
    self.base = base
    self.limits = limits
    self.now = now
  }

  /// Nil when this user, or this server, has too many that live. The session it opens ends with the user's own token.
  func mint(_ kind: Kind, for user: VerifiedToken, lifetime: Duration, using generator: inout some RandomNumberGenerator) -> Secret? {
    let time = now()
    let name = kind.prefix + (0..<4).map { _ in Self.hex(UInt64.random(in: .min ... .max, using: &generator)) }.joined()
    return state.withLockedValue { state in
      state.removeExpired(at: time)
      guard state.byUser[user.userID, default: 0] < limits.perUser, state.entries.count < limits.total else { return nil }
      let end = time + lifetime
      state.entries[name] = Entry(user: user, kind: kind, expiresAt: end)
      state.byUser[user.userID, default: 0] += 1
      let place = state.queue.lastIndex { $0.expiresAt <= end }.map { $0 + 1 } ?? 0
      state.queue.insert((name, end), at: place)
      return Secret(name)
    }
  }

  func verify(_ token: Secret) async -> Result<VerifiedToken, TokenRefusal> {
    let name = token.expose()
    guard name.hasPrefix(Kind.ticket.prefix) || name.hasPrefix(Kind.key.prefix) else { return await base.verify(token) }
    let time = now()
    let user = state.withLockedValue { state -> VerifiedToken? in
      state.removeExpired(at: time)
      guard let entry = state.entries[name] else { return nil }
      if entry.kind == .ticket { state.remove(name) }
      return entry.user
    }
    guard let user else { return .failure(TokenRefusal(.invalid, "a ticket or key that is unknown, used or over")) }
    return user.expiresAt > time ? .success(user) : .failure(TokenRefusal(.expired, "the token that it stands for is over"))
  }

  private static func hex(_ word: UInt64) -> String {
    let text = String(word, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
