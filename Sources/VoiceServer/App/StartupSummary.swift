import SessionStore
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceTransport

/// Start-up summary: one line for each decision that matters, and no secret.
enum StartupSummary {
  static func lines(_ settings: Settings, flags: FeatureFlags, proxies: ProxyRules = ProxyRules()) -> [String] {
    let limits = settings.limits
    let upstream = settings.upstream
    let plans = flags.allowedPlans.isEmpty ? "every plan" : "plans \(flags.allowedPlans.sorted().joined(separator: ", "))"
    return [
      "voice: "
        + (flags.isEnabled
          ? "enabled for \(plans), \(StrictNumber.text(flags.rolloutPercent)) % of users" : "disabled (ENABLE_VOICE_REALTIME)")
        + (settings.admission.flagsFile.map { ", flags from \($0)" } ?? ""),
      "store: " + (settings.redis.isEnabled ? "Redis at \(settings.redis.url?.description ?? "")" : "memory"),
      "limits: \(limit(limits.sessionsPerWindow)) sessions in \(limits.window.components.seconds) s and \(limit(limits.concurrentSessions)) at once a user, "
        + "in \(settings.redis.isEnabled ? "Redis" : "memory")" + spending(settings),
      "upstream: \(upstream.urls.map { way(to: $0, by: proxies) }.joined(separator: ", else ")), model \(upstream.model), "
        + (upstream.apiKeys.isEmpty ? "no OPENAI_API_KEY" : "with OPENAI_API_KEY"),
      "tokens: \(keys(settings.auth))",
      "admin: \(admin(settings.http))",
      "retriever: " + (sources(settings).isEmpty ? "none" : sources(settings).joined(separator: ", and ")),
      settings.sentry.dsn == nil
        ? "Sentry DSN not configured, error tracking disabled" : "Sentry initialized: \(settings.sentry.environment)",
    ] + collectors(settings.telemetry)
  }

  private static func way(to url: SecretURL, by proxies: ProxyRules) -> String {
    "\(url)" + (proxies.proxy(for: url).map { " through the proxy \($0)" } ?? "")
  }

  private static func collectors(_ telemetry: Settings.Telemetry) -> [String] {
    let signals = [
      telemetry.otlp.traces.map { "traces to \($0), sampler \(telemetry.otlp.sampler)" }, telemetry.otlp.metrics.map { "metrics to \($0)" },
    ].compactMap { $0 }
    let statsD = telemetry.statsDHost.map { "DogStatsD: metrics to \($0):\(telemetry.statsDPort)" }
    return (signals.isEmpty ? [] : ["OTLP: " + signals.joined(separator: ", ")]) + (statsD.map { [$0] } ?? [])
  }

  private static func sources(_ settings: Settings) -> [String] {
    let rag = settings.rag
    let meaning = rag.embeddingsURL.map { ", by words and by embeddings of \($0)" } ?? ", by words"
    return [
      settings.weaviate.url.map { "Weaviate at \($0)" },
      settings.weaviate.url == nil ? rag.documents.map { "documents in \($0)" + meaning } : nil,
      rag.httpURL.map { "passages from \($0)" },
    ]
    .compactMap(\.self)
  }

  private static func spending(_ settings: Settings) -> String {
    guard let limit = settings.limits.costPerDay else { return "" }
    let models = [settings.upstream.model] + (settings.upstream.allowedModels ?? []).filter { $0 != settings.upstream.model }
    var unpriced = models.filter { $0 != "*" && PriceTable.published.cost(of: TokenUsage(), model: $0) == nil }
    if models.contains("*") { unpriced.append("any that VOICE_ALLOWED_MODELS=* lets in") }
    return ", \(StrictNumber.text(limit)) USD a day"
      + (unpriced.isEmpty ? "" : ", not enforced for models without a known price: \(unpriced.joined(separator: ", "))")
  }

  /// Rule for access to stats and the sessions of other users.
  private static func admin(_ http: Settings.HTTP) -> String {
    if let token = http.adminToken {
      return "who has VOICE_ADMIN_TOKEN" + (token.expose().utf8.count < 16 ? ", which is short: use 16 bytes or more" : "")
    }
    return http.adminLoopback
      ? "every request from this machine itself (VOICE_ADMIN_LOOPBACK)"
      : "no one, as neither VOICE_ADMIN_TOKEN nor VOICE_ADMIN_LOOPBACK is set"
  }

  /// A key that goes to another machine without TLS can be read on the way.
  static func warnings(_ settings: Settings) -> [String] {
    let upstream = settings.upstream
    guard !upstream.apiKeys.isEmpty else { return [] }
    return upstream.urls.filter {
      $0.expose().lowercased().hasPrefix("ws://") && !URLHost.isLoopback(ServiceURL.authority(of: $0.expose()))
    }
    .map { "OPENAI_API_KEY is sent without encryption to \($0): use wss://" }
  }

  private static func limit(_ number: Int) -> String { number == 0 ? "any number of" : "\(number)" }

  private static func keys(_ auth: Settings.Auth) -> String {
    let names = [
      auth.secret.map { _ in "a secret" }, auth.publicKey.map { _ in "a public key" },
      auth.keySetURL.map { "key set \($0)" },
    ]
    .compactMap { $0 }
    return names.isEmpty ? "no key, so every token is refused" : "verified by " + names.joined(separator: ", ")
  }
}
