import VoiceGateway

// Every setting, declared once. The defaults are those of the structs that the key paths lead to.
extension Settings {
  static let table: [Setting] = serving + admitting + upstreaming + authenticating + storing + limiting + retrieving + watching

  /// By its name in the environment.
  static func setting(named name: String) -> Setting? { table.first { $0.name == name } }

  private static let serving = [
    Setting("HOST", \.http.host, .host, "address to listen on"),
    Setting("PORT", \.http.port, .integer(0...65_535), "port to listen on; 0 takes any free one"),
    Setting("TLS_CERT_FILE", \.http.tlsCertificateFile, .file, "PEM certificates: serve https and wss; reloaded when the file changes"),
    Setting("TLS_KEY_FILE", \.http.tlsKeyFile, .file, "PEM private key of the certificate"),
    Setting(
      "VOICE_ALLOWED_ORIGINS", \.http.allowedOrigins, .list(of: .origin, keepsEmpty: true),
      "web origins that may connect, https://*.example.com for all below a domain, * for any; empty: the same host only"),
    Setting(
      "VOICE_TRUSTED_PROXIES", \.http.trustedProxies, .list(of: .addressBlock, keepsEmpty: true),
      "CIDR blocks whose X-Forwarded-For or Forwarded is believed"),
    Setting("VOICE_HANDSHAKE_TIMEOUT_SECONDS", \.http.handshakeTimeout, .seconds(0.1...3_600), "longest wait for a whole request"),
    Setting("VOICE_DRAIN_SECONDS", \.http.drainTimeout, .seconds(0...86_400), "how long sessions may go on after a signal to stop"),
    Setting("VOICE_DEMO_PAGE", \.http.servesDemoPage, .bool, "serve the demo page at / in run"),
    Setting(
      "VOICE_ADMIN_TOKEN", \.http.adminToken, .secret,
      "bearer token of stats, metrics and dashboard; unset: these answer to loopback only"),
  ]

  private static let admitting = [
    Setting("ENABLE_VOICE_REALTIME", \.admission.enabled, .bool, "the feature flag"),
    Setting(
      "VOICE_FLAGS_FILE", \.admission.flagsFile, .text,
      "JSON with enabled, rollout_percent, beta_users, allowed_plans; overrides the variables, in force within 2 s of a change"),
    Setting(
      "VOICE_ROLLOUT_PERCENT", \.admission.rolloutPercent, .number(0...100), "share of users let in, by a stable hash of the user id"),
    Setting("VOICE_BETA_USERS", \.admission.betaUsers, .list(of: .text, keepsEmpty: true), "user ids that are always let in"),
    Setting("VOICE_ALLOWED_PLANS", \.admission.allowedPlans, .list(of: .text, keepsEmpty: true), "plans with voice; empty: every plan"),
  ]

  private static let upstreaming = [
    Setting("OPENAI_API_KEY", \.upstream.apiKeys, .list(of: .secret), "sent upstream, never to a client; one for all URLs or one for each"),
    Setting(
      "OPENAI_REALTIME_URL", \.upstream.urls, .list(of: .url("wss", "ws")),
      "any compatible server; several in the order of preference, each dialled when those before fail or are slow"),
    Setting("OPENAI_REALTIME_MODEL", \.upstream.model, .text, "used when the client names none"),
    Setting(
      "VOICE_ALLOWED_MODELS", \.upstream.allowedModels, .list(of: .text), "models that a client may ask for, * for any",
      default: "the default model"),
    Setting(
      "OPENAI_AUTH_HEADER", \.upstream.keyHeaders, .list(of: .keyHeader), "header of the key, authorization or api-key",
      default: "api-key for Azure, else authorization"),
    Setting("VOICE_INSTRUCTIONS", \.upstream.instructions, .text, "the server's own instructions, put before the client's"),
    Setting("VOICE_INSTRUCTIONS_FILE", \.files.instructions, .file, "the same from a file"),
    Setting(
      "VOICE_MAX_OUTPUT_TOKENS", \.upstream.maxOutputTokens, .integer(1...1_000_000), "the most that a client may ask for of one answer"),
    Setting("VOICE_TOOLS_FILE", \.files.tools, .file, "functions that the gateway runs for the model, each behind a URL: JSON"),
    Setting("VOICE_TRANSCRIPTION_MODEL", \.upstream.transcriptionModel, .text, "streaming transcription asked for when prefetch is on"),
    Setting(
      "VOICE_PARALLEL_TRANSCRIPTION", \.upstream.transcribesInParallel, .bool,
      "when prefetch is on, also transcribe over a socket of its own, for upstreams that transcribe only after the user has spoken"),
    Setting(
      "SSL_CERT_FILE", \.files.certificateAuthorities, .file, "certificate authorities of every outgoing TLS connection",
      default: "the system's"),
    Setting("RETRY_MAX_ATTEMPTS", \.retry.maxAttempts, .integer(1...100), "attempts of commands and dialling"),
    Setting("RETRY_BACKOFF_FACTOR", \.retry.backoffFactor, .number(1...100), "growth of the pause between attempts, with full jitter"),
  ]

  private static let authenticating = [
    Setting("JWT_SECRET", \.auth.secret, .secret(minBytes: 32), "key of HS256, HS384 and HS512, at least 32 bytes"),
    Setting("JWT_PUBLIC_KEY", \.auth.publicKey, .text, "PEM public key, for tokens without kid"),
    Setting("JWT_PUBLIC_KEY_FILE", \.auth.publicKeyFile, .file, "the same from a file"),
    Setting("JWT_JWKS_URL", \.auth.keySetURL, .url("https", "http"), "key set, cached and rotated"),
    Setting(
      "JWT_ALGORITHMS", \.auth.algorithms, .list(of: .choice(jwtAlgorithms.map { ($0, $0) })), "algorithms that are accepted",
      default: "those of the keys given"),
    Setting("JWT_ISSUER", \.auth.issuer, .text, "checked when set"),
    Setting("JWT_AUDIENCE", \.auth.audience, .text, "checked when set"),
    Setting("JWT_LEEWAY_SECONDS", \.auth.leeway, .seconds(0...3_600), "for exp, nbf and iat"),
    Setting("JWT_USER_CLAIM", \.auth.userClaims, .list(of: .text), "dotted paths of the user id, the first that is there"),
    Setting("JWT_PLAN_CLAIM", \.auth.planClaims, .list(of: .text), "dotted paths of the plan, the first that is there"),
  ]

  private static let storing = [
    Setting("REDIS_ENABLED", \.redis.enabled, .bool, "keep sessions and limits in Redis", default: "true if REDIS_URL is set"),
    Setting(
      "REDIS_URL", \.redis.url,
      .secretURL("redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"),
      "redis://USER:PASSWORD@HOST:PORT/DB, rediss://, redis+sentinel://H1,H2/MASTER or redis+cluster://H1,H2"),
    Setting(
      "REDIS_CA", \.redis.certificateAuthorities, .certificates,
      "certificate authorities of the Redis server, as a PEM file or the PEM text itself", default: "SSL_CERT_FILE, else the system's"),
    Setting("REDIS_COMMAND_TIMEOUT_MS", \.redis.commandTimeout, .milliseconds(1...60_000), "for each command"),
    Setting("VOICE_REDIS_PREFIX", \.redis.prefix, .text, "of every key"),
    Setting("VOICE_SESSION_TTL_SECONDS", \.session.storedFor, .seconds(1...31_536_000), "life of a stored session"),
  ]

  private static let limiting = [
    Setting("VOICE_MAX_SESSIONS_PER_HOUR", \.limits.sessionsPerWindow, .integer(0...1_000_000), "of one user, sliding window; 0: no limit"),
    Setting("VOICE_RATE_WINDOW_SECONDS", \.limits.window, .seconds(1...31_536_000), "length of that window"),
    Setting(
      "VOICE_MAX_CONCURRENT_SESSIONS", \.limits.concurrentSessions, .integer(0...1_000_000),
      "of one user, over all instances; 0: no limit"),
    Setting("VOICE_MAX_SESSION_SECONDS", \.session.maxDuration, .seconds(1...86_400), "longest session"),
    Setting("VOICE_SESSION_NOTICE_SECONDS", \.session.notices, .list(of: .seconds(0...86_400), keepsEmpty: true), "notices before the end"),
    Setting("VOICE_IDLE_TIMEOUT_SECONDS", \.session.idleTimeout, .seconds(0...86_400), "nothing from the client but pings; 0: off"),
    Setting("VOICE_RESUME_GRACE_SECONDS", \.session.resumeGrace, .seconds(0...86_400), "how long a dropped client's session is kept warm"),
    Setting("VOICE_MAX_CONNECTIONS", \.limits.connections, .integer(1...10_000_000), "of this instance; beyond: HTTP 503"),
    Setting("VOICE_MAX_CONNECTIONS_PER_IP", \.limits.connectionsPerAddress, .integer(1...10_000_000), "of one address; beyond: HTTP 503"),
    Setting("VOICE_MAX_COST_USD_PER_DAY", \.limits.costPerDay, .number(0...1_000_000), "of one user"),
    Setting(
      "VOICE_CLIENT_BUFFER_BYTES", \.session.clientBufferBytes, .integer(65_536...1_073_741_824), "what may wait for a slow client"),
    Setting(
      "VOICE_CLIENT_AUDIO_SPEED", \.session.clientAudioSpeed, .number(0...1_000),
      "how fast a client may send audio after its first minute, in times of real time; a faster one is read more slowly; 0: no limit"),
    Setting(
      "VOICE_MAX_CLIENT_MESSAGE_BYTES", \.session.maxClientMessageBytes, .integer(1_024...1_073_741_824), "larger messages: close 1009"),
  ]

  private static let retrieving = [
    Setting("WEAVIATE_URL", \.weaviate.url, .url("https", "http"), "retrieval from Weaviate"),
    Setting("WEAVIATE_API_KEY", \.weaviate.apiKey, .secret, "its key"),
    Setting("WEAVIATE_COLLECTION", \.weaviate.collection, .text, "collection to search"),
    Setting("WEAVIATE_TEXT_PROPERTY", \.weaviate.textProperty, .text, "property with the text"),
    Setting("WEAVIATE_PROPERTIES", \.weaviate.properties, .list(of: .text, keepsEmpty: true), "further properties of a source"),
    Setting("WEAVIATE_ALPHA", \.weaviate.alpha, .number(0...1), "0 is keywords alone, 1 vectors alone"),
    Setting("WEAVIATE_TENANT", \.weaviate.tenant, .text, "tenant of the collection"),
    Setting("RAG_DOCUMENTS", \.rag.documents, .directory, "folder of .md, .txt and .html for the embedded index, without Weaviate"),
    Setting("RAG_MIN_WORDS", \.rag.minWords, .integer(1...1_000), "words of partial transcript that start a query"),
    Setting("RAG_MAX_WAIT_MS", \.rag.maxWait, .milliseconds(0...60_000), "longest wait for context after the end of speech"),
    Setting("RAG_TOP_K", \.rag.topK, .integer(1...100), "sources of one answer"),
    Setting("RAG_MAX_CONTEXT_CHARS", \.rag.maxContextCharacters, .integer(1...1_000_000), "longest context"),
    Setting("RAG_TIMEOUT_MS", \.rag.timeout, .milliseconds(1...600_000), "for one query"),
    Setting("RAG_HTTP_URL", \.rag.httpURL, .url("https", "http"), "endpoint that gets {query,limit} and answers {passages:[{text,…}]}"),
    Setting("RAG_HTTP_TOKEN", \.rag.httpToken, .secret, "its bearer token"),
  ]

  private static let watching = [
    Setting("LOG_LEVEL", \.log.level, .logLevel, "trace, debug, info, notice, warning, error or critical"),
    Setting(
      "LOG_FORMAT", \.log.format, .logFormat, "json, text, or color for text in colours", default: "json when not on a terminal, else text"),
    Setting("APP_VERSION", \.telemetry.version, .text, "the release in Sentry, health and metrics"),
    Setting(
      "VOICE_BUDGET_USD_PER_DAY", \.telemetry.budgetPerDay, .number(0...10_000_000),
      "what a day may cost altogether: a line on the dashboard, no limit"),
    Setting("SENTRY_DSN", \.sentry.dsn, .dsn, "errors and traces to Sentry"),
    Setting("SENTRY_ENVIRONMENT", \.sentry.environment, .text, "environment in Sentry"),
    Setting("SENTRY_TRACES_SAMPLE_RATE", \.sentry.tracesSampleRate, .number(0...1), "share of sessions that are traced"),
    Setting("OTEL_EXPORTER_OTLP_ENDPOINT", \.telemetry.otlpEndpoint, .url("https", "http"), "traces and metrics over OTLP/HTTP"),
    Setting("DATADOG_AGENT_HOST", \.telemetry.statsDHost, .host, "metrics to this StatsD or DogStatsD agent, over UDP"),
    Setting("DATADOG_AGENT_PORT", \.telemetry.statsDPort, .integer(1...65_535), "its port"),
  ]

  private static let jwtAlgorithms = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
  ]
}
