import VoiceCore
import VoiceGateway

// Every setting, declared once: name, place, range, help. The default is the value of the property that the key path leads to:
//
//   \.upstream, \.limits, \.session    VoiceGateway/Configuration/GatewayConfiguration.swift
//   \.http, \.admission, \.auth        Settings.swift beside this file; what \.http shares with the gateway, GatewayConfiguration.swift
//   \.rag                              RAGPrefetch/PrefetchConfiguration.swift; minScore: DocumentIndex/Index/EmbeddedIndex.swift
//   \.redis, \.weaviate, \.sentry, \.log, \.telemetry    Settings+Services.swift; \.telemetry.otlp: Settings+Telemetry.swift
//   \.retry                            VoiceCore/RealtimeRelay/Legs/Upstream/RetryPolicy.swift
//
// `default:` below is a text for `--help` where the default is no fixed value. `voice-server run --help` prints all of them.
extension Settings {
  static let table: [Setting] = serving + admitting + upstreaming + authenticating + storing + limiting + retrieving + watching

  /// Finds a setting by its name in the environment.
  static func setting(named name: String) -> Setting? { table.first { $0.name == name } }

  private static let serving = [
    Setting("HOST", \.http.host, .host, "address to listen on"),
    Setting("PORT", \.http.port, .integer(0...65_535), "port to listen on; 0 = any free port"),
    Setting(
      "VOICE_EVENT_LOOPS", \.http.eventLoops, .integer(1...1_024), "event loops, each on a thread of its own, that relay sessions",
      default: "one for each core that affinity and cgroup quota leave"),
    Setting(
      "TLS_CERT_FILE", \.http.tlsCertificateFile, .file,
      "PEM certificate chain; with TLS_KEY_FILE, serve https and wss; reloaded when the file changes"),
    Setting("TLS_KEY_FILE", \.http.tlsKeyFile, .file, "PEM private key of TLS_CERT_FILE"),
    Setting(
      "VOICE_ALLOWED_ORIGINS", \.http.allowedOrigins, .list(of: .origin, keepsEmpty: true),
      "allowed Origin values, https://*.example.com for all subdomains, * for any; empty = same host only"),
    Setting(
      "VOICE_TRUSTED_PROXIES", \.http.trustedProxies, .list(of: .addressBlock, keepsEmpty: true),
      "CIDR blocks of proxies whose X-Forwarded-For and Forwarded are trusted"),
    Setting(
      "VOICE_HANDSHAKE_TIMEOUT_SECONDS", \.http.handshakeTimeout, .seconds(0.1...3_600),
      "time allowed for a client to send a complete request"),
    Setting(
      "VOICE_DRAIN_DELAY_SECONDS", \.http.drainDelay, .seconds(0...600),
      "time that the listener stays after SIGTERM, so that load balancers see /readyz change; 0 after SIGINT"),
    Setting("VOICE_DRAIN_SECONDS", \.http.drainTimeout, .seconds(0...86_400), "time allowed for running sessions to end after SIGTERM"),
    Setting("VOICE_DEMO_PAGE", \.http.servesDemoPage, .bool, "serve the demo page at / in voice-server run"),
    Setting(
      "VOICE_ADMIN_TOKEN", \.http.adminToken, .secret,
      "bearer token for stats, metrics, the dashboard and sessions of others; unset = these answer 401"),
    Setting(
      "VOICE_ADMIN_LOOPBACK", \.http.adminLoopback, .bool,
      "without VOICE_ADMIN_TOKEN, admit requests from this machine itself as the admin's; a proxy on it must add X-Forwarded-For"),
  ]

  private static let admitting = [
    Setting("ENABLE_VOICE_REALTIME", \.admission.enabled, .bool, "enable voice sessions"),
    Setting(
      "VOICE_FLAGS_FILE", \.admission.flagsFile, .text,
      "JSON file with enabled, rollout_percent, beta_users, allowed_plans; overrides the variables; changes apply within 2 s"),
    Setting(
      "VOICE_ROLLOUT_PERCENT", \.admission.rolloutPercent, .number(0...100), "percentage of users admitted, by a stable hash of the user id"
    ),
    Setting(
      "VOICE_BETA_USERS", \.admission.betaUsers, .list(of: .text, keepsEmpty: true),
      "user ids that are admitted whatever VOICE_ROLLOUT_PERCENT is"),
    Setting(
      "VOICE_ALLOWED_PLANS", \.admission.allowedPlans, .list(of: .text, keepsEmpty: true), "plans that include voice; empty = every plan"),
  ]

  private static let upstreaming = [
    Setting(
      "OPENAI_API_KEY", \.upstream.apiKeys, .list(of: .secret),
      "API key sent upstream, never to a client; one for all OPENAI_REALTIME_URLs or one for each"),
    Setting(
      "OPENAI_REALTIME_URL", \.upstream.urls, .list(of: .url("wss", "ws")),
      "Realtime servers in order of preference; the next is dialled when one fails or is slow"),
    Setting("OPENAI_REALTIME_MODEL", \.upstream.model, .text, "model for clients that request none"),
    Setting(
      "VOICE_ALLOWED_MODELS", \.upstream.allowedModels, .list(of: .text), "models that a client may request, * for any",
      default: "the default model"),
    Setting(
      "OPENAI_AUTH_HEADER", \.upstream.keyHeaders, .list(of: .keyHeader), "header that carries OPENAI_API_KEY, authorization or api-key",
      default: "api-key for Azure, else authorization"),
    Setting(
      "VOICE_UPSTREAM_WARM", \.warm.count, .integer(0...1_000),
      "connections kept ready to each of the OPENAI_REALTIME_URLs, TCP and TLS done, so that sessions open sooner; 0 = none"),
    Setting(
      "VOICE_UPSTREAM_WARM_SESSIONS", \.warm.opensSessions, .bool,
      "let those go on to session.created with the default model: the provider counts them as sessions before they are used"),
    Setting("VOICE_INSTRUCTIONS", \.upstream.instructions, .text, "instructions prepended to those of the client"),
    Setting("VOICE_INSTRUCTIONS_FILE", \.files.instructions, .file, "file with the instructions of VOICE_INSTRUCTIONS"),
    Setting(
      "VOICE_MAX_OUTPUT_TOKENS", \.upstream.maxOutputTokens, .integer(1...1_000_000),
      "upper bound of max_output_tokens in a client's request"),
    Setting("VOICE_TOOLS_FILE", \.files.tools, .file, "JSON file of functions that the gateway runs for the model, each behind a URL"),
    Setting("VOICE_TRANSCRIPTION_MODEL", \.upstream.transcriptionModel, .text, "transcription model requested when prefetch is on"),
    Setting(
      "VOICE_PARALLEL_TRANSCRIPTION", \.upstream.transcribesInParallel, .bool,
      "when prefetch is on, also transcribe over a second upstream connection, for models that transcribe only after the user has spoken"),
    Setting(
      "SSL_CERT_FILE", \.files.certificateAuthorities, .file, "PEM file of certificate authorities for every outgoing TLS connection",
      default: "the system's"),
    Setting(
      "RETRY_MAX_ATTEMPTS", \.retry.maxAttempts, .integer(1...100), "attempts of a Redis command or an upstream dial, the first included"),
    Setting("RETRY_BACKOFF_FACTOR", \.retry.backoffFactor, .number(1...100), "factor between the delays of attempts, with full jitter"),
  ]

  private static let authenticating = [
    Setting("JWT_SECRET", \.auth.secret, .secret(minBytes: 32), "key of HS256, HS384 and HS512, at least 32 bytes"),
    Setting(
      "JWT_PUBLIC_KEY", \.auth.publicKey, .text,
      "PEM public key that verifies tokens; their kid is compared only beside JWT_JWKS_URL or a second key of its type"),
    Setting("JWT_PUBLIC_KEY_FILE", \.auth.publicKeyFile, .file, "file with the key of JWT_PUBLIC_KEY"),
    Setting("JWT_JWKS_URL", \.auth.keySetURL, .url("https", "http"), "URL of a JWK set, cached and refreshed"),
    Setting(
      "JWT_ALGORITHMS", \.auth.algorithms, .list(of: .choice(jwtAlgorithms.map { ($0, $0) })), "accepted signature algorithms",
      default: "those of the keys given"),
    Setting("JWT_ISSUER", \.auth.issuer, .text, "required iss claim"),
    Setting("JWT_AUDIENCE", \.auth.audience, .text, "required aud claim"),
    Setting("JWT_LEEWAY_SECONDS", \.auth.leeway, .seconds(0...3_600), "clock skew allowed for exp, nbf and iat"),
    Setting("JWT_USER_CLAIM", \.auth.userClaims, .list(of: .text), "dotted paths of the user id in the claims; the first present wins"),
    Setting("JWT_PLAN_CLAIM", \.auth.planClaims, .list(of: .text), "dotted paths of the plan in the claims; the first present wins"),
  ]

  private static let storing = [
    Setting("REDIS_ENABLED", \.redis.enabled, .bool, "keep sessions and limits in Redis", default: "true if REDIS_URL is set"),
    Setting(
      "REDIS_URL", \.redis.url, .redisURL,
      "redis://USER:PASSWORD@HOST:PORT/DB, rediss://, redis+sentinel://H1,H2/MASTER or redis+cluster://H1,H2"),
    Setting(
      "REDIS_CA", \.redis.certificateAuthorities, .certificates,
      "certificate authorities of the Redis server, as a PEM file or the PEM text itself", default: "SSL_CERT_FILE, else the system's"),
    Setting(
      "REDIS_CERT", \.redis.clientCertificate, .certificates,
      "client certificate shown to the Redis server, with REDIS_KEY; a PEM file or the PEM text itself"),
    Setting("REDIS_KEY", \.redis.clientKey, .privateKey, "private key of REDIS_CERT, as a PEM file or the PEM text itself"),
    Setting(
      "REDIS_CONNECTIONS", \.redis.maxConnections, .integer(1...1_024),
      "most connections of this instance to one Redis server, beside one that listens; never more than event loops"),
    Setting(
      "REDIS_COMMAND_TIMEOUT_MS", \.redis.commandTimeout, .milliseconds(1...60_000), "timeout of one Redis command, retries included"),
    Setting("VOICE_REDIS_PREFIX", \.redis.prefix, .text, "prefix of every Redis key"),
    Setting("VOICE_SESSION_TTL_SECONDS", \.session.storedFor, .seconds(1...31_536_000), "lifetime of a stored session"),
  ]

  private static let limiting = [
    Setting(
      "VOICE_MAX_SESSIONS_PER_HOUR", \.limits.sessionsPerWindow, .integer(0...1_000_000),
      "sessions a user may start within VOICE_RATE_WINDOW_SECONDS; 0 = unlimited"),
    Setting(
      "VOICE_RATE_WINDOW_SECONDS", \.limits.window, .seconds(1...31_536_000), "length of the sliding window of VOICE_MAX_SESSIONS_PER_HOUR"),
    Setting(
      "VOICE_MAX_CONCURRENT_SESSIONS", \.limits.concurrentSessions, .integer(0...1_000_000),
      "concurrent sessions of a user over all instances; 0 = unlimited"),
    Setting("VOICE_MAX_SESSION_SECONDS", \.session.maxDuration, .seconds(1...86_400), "maximum duration of a session"),
    Setting(
      "VOICE_SESSION_NOTICE_SECONDS", \.session.notices, .list(of: .seconds(0...86_400), keepsEmpty: true),
      "times before the end of a session at which the client gets a notice"),
    Setting(
      "VOICE_IDLE_TIMEOUT_SECONDS", \.session.idleTimeout, .seconds(0...86_400),
      "time without client events other than pings after which a session ends; 0 = never"),
    Setting(
      "VOICE_RESUME_GRACE_SECONDS", \.session.resumeGrace, .seconds(0...86_400),
      "time a session stays open for a client that lost its connection"),
    Setting("VOICE_MAX_CONNECTIONS", \.limits.connections, .integer(1...10_000_000), "connections of this instance; beyond it HTTP 503"),
    Setting(
      "VOICE_MAX_CONNECTIONS_PER_IP", \.limits.connectionsPerAddress, .integer(1...10_000_000),
      "connections of one client address; beyond it HTTP 503"),
    Setting("VOICE_MAX_COST_USD_PER_DAY", \.limits.costPerDay, .number(0...1_000_000), "daily spend limit per user in US dollars"),
    Setting(
      "VOICE_CLIENT_BUFFER_BYTES", \.session.clientBufferBytes, .integer(65_536...1_073_741_824),
      "bytes buffered for a slow client before its session ends"),
    Setting(
      "VOICE_CLIENT_AUDIO_SPEED", \.session.clientAudioSpeed, .number(0...1_000),
      "audio rate of a client after its first five minutes, as a multiple of real time; faster clients are throttled; 0 = unlimited"),
    Setting(
      "VOICE_MAX_CLIENT_MESSAGE_BYTES", \.session.maxClientMessageBytes, .integer(1_024...1_073_741_824),
      "largest client message; a larger one closes the session with 1009"),
    Setting(
      "VOICE_MAX_EVENT_BYTES", \.session.maxEventBytes, .integer(65_536...1_073_741_824),
      "largest client event without audio or images; a larger one is answered with invalid_event"),
  ]

  private static let retrieving = [
    Setting("WEAVIATE_URL", \.weaviate.url, .url("https", "http"), "Weaviate server that context is retrieved from"),
    Setting("WEAVIATE_API_KEY", \.weaviate.apiKey, .secret, "API key of WEAVIATE_URL"),
    Setting("WEAVIATE_COLLECTION", \.weaviate.collection, .text, "Weaviate collection to search"),
    Setting("WEAVIATE_TEXT_PROPERTY", \.weaviate.textProperty, .text, "Weaviate property that holds the text of a passage"),
    Setting(
      "WEAVIATE_PROPERTIES", \.weaviate.properties, .list(of: .text, keepsEmpty: true), "Weaviate properties returned with a passage"),
    Setting("WEAVIATE_ALPHA", \.weaviate.alpha, .number(0...1), "weight of hybrid search: 0 = keywords only, 1 = vectors only"),
    Setting(
      "WEAVIATE_TENANT", \.weaviate.tenant, .text,
      "tenant of WEAVIATE_COLLECTION; beside WEAVIATE_TENANT_CLAIM that of tokens without the claim"),
    Setting(
      "WEAVIATE_TENANT_CLAIM", \.auth.tenantClaim, .text,
      "dotted path of the claim that names the tenant of WEAVIATE_COLLECTION; nothing is found for a token without it"),
    Setting(
      "WEAVIATE_TARGET_VECTORS", \.weaviate.targetVectors, .list(of: .text),
      "named vectors that Weaviate searches, for a collection with several"),
    Setting(
      "WEAVIATE_HEADERS", \.weaviate.headers, .list(of: .header),
      "headers sent to Weaviate, such as X-OpenAI-Api-Key: KEY for its vectorizer; Weaviate Cloud's own two are added for its hosts"),
    Setting(
      "RAG_DOCUMENTS", \.rag.documents, .directory,
      "folder of .md, .txt, .html, .csv, .pdf and .docx files for the embedded index, used without WEAVIATE_URL"),
    Setting(
      "RAG_INDEX_FILE", \.rag.indexFile, .text,
      "SQLite file in which the index of RAG_DOCUMENTS and its vectors survive a restart; made where it is missing"),
    Setting(
      "RAG_CONVERTERS", \.rag.converters, .converters,
      "commands that write a document's text to their output, by ending: odt=pandoc -t markdown {}", default: "pdf=pdftotext, docx=unzip"),
    Setting(
      "RAG_EMBEDDINGS_URL", \.rag.embeddingsURL, .url("https", "http"),
      "server with OpenAI's /v1/embeddings, by which RAG_DOCUMENTS are found by meaning as well as by words"),
    Setting("RAG_EMBEDDINGS_MODEL", \.rag.embeddingsModel, .text, "embedding model of RAG_EMBEDDINGS_URL"),
    Setting(
      "RAG_EMBEDDINGS_QUERY_PREFIX", \.rag.embeddingsQueryPrefix, .text,
      "text put before a question for RAG_EMBEDDINGS_MODEL, as E5 wants query: and Nomic search_query:; a space follows it"),
    Setting(
      "RAG_EMBEDDINGS_PASSAGE_PREFIX", \.rag.embeddingsPassagePrefix, .text,
      "text put before a passage for RAG_EMBEDDINGS_MODEL, as E5 wants passage: and Nomic search_document:; a space follows it"),
    Setting("RAG_EMBEDDINGS_API_KEY", \.rag.embeddingsKey, .secret, "bearer token of RAG_EMBEDDINGS_URL"),
    Setting(
      "RAG_EMBEDDINGS_TIMEOUT_MS", \.rag.embeddingsTimeout, .milliseconds(1...60_000),
      "timeout of the embedding of one question; later, words alone answer it"),
    Setting(
      "RAG_MIN_SCORE", \.rag.minScore, .number(0...1), "lowest score of a passage that is used, 0 to 1; nothing above it is a miss"),
    Setting("RAG_MIN_WORDS", \.rag.minWords, .integer(1...1_000), "words of partial transcript that trigger a query"),
    Setting("RAG_MAX_WAIT_MS", \.rag.maxWait, .milliseconds(0...60_000), "longest delay of a response while context is retrieved"),
    Setting("RAG_TOP_K", \.rag.topK, .integer(1...100), "passages retrieved for one response"),
    Setting("RAG_MAX_CONTEXT_CHARS", \.rag.maxContextCharacters, .integer(400...1_000_000), "maximum characters of retrieved context"),
    Setting("RAG_TIMEOUT_MS", \.rag.timeout, .milliseconds(1...600_000), "timeout of one retrieval query"),
    Setting(
      "RAG_HTTP_URL", \.rag.httpURL, .url("https", "http"),
      "retrieval endpoint that takes {query,limit,user_id,plan,…} and returns {passages:[{text,…}]}"),
    Setting("RAG_HTTP_TOKEN", \.rag.httpToken, .secret, "bearer token of RAG_HTTP_URL"),
  ]

  private static let watching = [
    Setting("LOG_LEVEL", \.log.level, .logLevel, "lowest level that is logged: trace, debug, info, notice, warning, error or critical"),
    Setting(
      "LOG_FORMAT", \.log.format, .logFormat, "log format: json, text, or color for text in colours",
      default: "json when not on a terminal, else text"),
    Setting("APP_VERSION", \.telemetry.version, .text, "version reported to Sentry, health and metrics"),
    Setting(
      "VOICE_BUDGET_USD_PER_DAY", \.telemetry.budgetPerDay, .number(0...10_000_000),
      "daily budget of all users in US dollars, drawn on the dashboard; not a limit"),
    Setting("SENTRY_DSN", \.sentry.dsn, .dsn, "Sentry DSN for errors and traces"),
    Setting("SENTRY_ENVIRONMENT", \.sentry.environment, .sentryEnvironment, "environment reported to Sentry"),
    Setting(
      "SENTRY_TRACES_SAMPLE_RATE", \.sentry.tracesSampleRate, .number(0...1),
      "share of sessions whose traces go to Sentry where no caller decided; 0 sends none"),
    Setting(
      "OTEL_EXPORTER_OTLP_ENDPOINT", \.telemetry.otlp.endpoint, .url("https", "http"),
      "base address of an OTLP/HTTP collector; traces go to /v1/traces below it, metrics to /v1/metrics, as JSON"),
    Setting(
      "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", \.telemetry.otlp.tracesEndpoint, .url("https", "http"),
      "URL that OTLP traces are posted to, used as it is"),
    Setting(
      "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", \.telemetry.otlp.metricsEndpoint, .url("https", "http"),
      "URL that OTLP metrics are posted to, used as it is"),
    Setting(
      "OTEL_EXPORTER_OTLP_HEADERS", \.telemetry.otlp.headers, .keyValues,
      "header fields of every OTLP request, name=value pairs with commas between them"),
    Setting("OTEL_SERVICE_NAME", \.telemetry.otlp.serviceName, .text, "service.name in OTLP", default: "voice-server"),
    Setting(
      "OTEL_RESOURCE_ATTRIBUTES", \.telemetry.otlp.resourceAttributes, .keyValues,
      "attributes of this process in OTLP, name=value pairs with commas between them"),
    Setting(
      "OTEL_TRACES_SAMPLER", \.telemetry.otlp.sampler, .choice(TraceSampler.names.map { ($0, $0) }),
      "traces that are recorded and sent over OTLP: \(TraceSampler.names.joined(separator: ", "))"),
    Setting(
      "OTEL_TRACES_SAMPLER_ARG", \.telemetry.otlp.samplerRatio, .number(0...1), "share of traces that a traceidratio sampler records"),
    Setting(
      "DATADOG_AGENT_HOST", \.telemetry.statsDHost, .host, "host of a DogStatsD agent, which gets metrics with tags over UDP"),
    Setting("DATADOG_AGENT_PORT", \.telemetry.statsDPort, .integer(1...65_535), "UDP port of the DogStatsD agent"),
  ]

  private static let jwtAlgorithms = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
  ]
}
