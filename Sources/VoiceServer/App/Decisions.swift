import VoiceAuth
import VoiceCore
import VoiceGateway

/// What the start says: one line for each decision that matters, and no secret.
enum Decisions {
  static func lines(_ settings: Settings, flags: FeatureFlags) -> [String] {
    let limits = settings.limits
    let upstream = settings.upstream
    let plans = flags.allowedPlans.isEmpty ? "every plan" : "plans \(flags.allowedPlans.sorted().joined(separator: ", "))"
    return [
      "voice: "
        + (flags.isEnabled
          ? "enabled for \(plans), \(StrictNumber.text(flags.rolloutPercent)) % of users" : "disabled (ENABLE_VOICE_REALTIME)")
        + (settings.admission.flagsFile.map { ", flags from \($0)" } ?? ""),
      "store: " + (settings.redis.isEnabled ? "Redis at \(redacted(settings.redis.url))" : "memory"),
      "limits: \(limit(limits.sessionsPerWindow)) sessions in \(limits.window.components.seconds) s and \(limit(limits.concurrentSessions)) at once a user, "
        + "in \(settings.redis.isEnabled ? "Redis" : "memory")" + spending(settings),
      "upstream: \(upstream.urls.map(withoutQuery).joined(separator: ", else ")), model \(upstream.model), "
        + (upstream.apiKeys.isEmpty ? "no OPENAI_API_KEY" : "with OPENAI_API_KEY"),
      "tokens: \(keys(settings.auth))",
      "retriever: "
        + (settings.weaviate.url.map { "Weaviate at \(withoutQuery($0))" } ?? settings.rag.documents.map { "documents in \($0)" }
          ?? settings.rag.httpURL.map { "passages from \(withoutQuery($0))" } ?? "none"),
      "Sentry: " + (settings.sentry.dsn == nil ? "off" : "on, environment \(settings.sentry.environment)"),
    ]
  }

  private static func spending(_ settings: Settings) -> String {
    guard let limit = settings.limits.costPerDay else { return "" }
    let model = settings.upstream.model
    let isPriced = PriceTable.published.cost(of: TokenUsage(), model: model) != nil
    return ", \(StrictNumber.text(limit)) USD a day" + (isPriced ? "" : ", which holds nobody: the price of \(model) is not known")
  }

  /// A URL without the password in it; `***` stands in its place.
  static func redacted(_ url: Secret?) -> String {
    guard let text = url?.expose(), let scheme = text.firstRange(of: "://") else { return "" }
    let rest = text[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard let at = authority.lastIndex(of: "@") else { return withoutQuery(text) }
    let user = authority[..<at].prefix { $0 != ":" }
    let hasPassword = user.endIndex < at
    return withoutQuery(text[..<scheme.upperBound] + user + (hasPassword ? ":***" : "") + rest[at...])
  }

  private static func withoutQuery(_ url: String) -> String { String(url.prefix { $0 != "?" }) }
  private static func limit(_ number: Int) -> String { number == 0 ? "any number of" : "\(number)" }

  private static func keys(_ auth: Settings.Auth) -> String {
    let names = [
      auth.secret.map { _ in "a secret" }, auth.publicKey.map { _ in "a public key" }, auth.keySetURL.map { "key set \(withoutQuery($0))" },
    ]
    .compactMap { $0 }
    return names.isEmpty ? "no key, so every token is refused" : "verified by " + names.joined(separator: ", ")
  }
}
