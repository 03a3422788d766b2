import DocumentIndex
import Logging
import RAGPrefetch
import TelemetryExport
import VoiceCore

// What lies around the gateway: stores, retrieval and what watches.
extension Settings {
  struct Redis: Sendable {
    /// True to use Redis; nil = if ``url`` is set.
    var enabled: Bool?
    /// May hold a user and a password.
    var url: SecretURL?
    /// PEM text of the authorities that the server's certificate is judged by; nil: those of every outgoing connection.
    var certificateAuthorities: String?
    /// PEM text of the certificate that is shown to the server, and of its key.
    var clientCertificate: String?
    var clientKey: Secret?
    /// Most connections to one server.
    var maxConnections = 8
    var commandTimeout: Duration = .milliseconds(250)
    var prefix = "voice:"
    var isEnabled: Bool { enabled ?? (url != nil) }
  }

  /// Retries of commands and dialling, with full jitter.
  struct Retry: Sendable, Equatable {
    var maxAttempts = RetryPolicy().maxAttempts
    var backoffFactor = RetryPolicy().factor
  }

  struct Weaviate: Sendable {
    var url: SecretURL?
    var apiKey: Secret?
    var collection: String?
    var textProperty = "content"
    var properties = ["title", "source"]
    /// `0` is keywords alone, `1` vectors alone.
    var alpha = 0.5
    var tenant: String?
    var targetVectors: [String] = []
    /// `Name: value` each.
    var headers: [Secret] = []
  }

  struct RAG: Sendable {
    /// A folder for the embedded index.
    var documents: String?
    /// Words of partial transcript that start a query.
    var minWords = PrefetchConfiguration().minWords
    /// Longest wait for context after the end of speech.
    var maxWait = PrefetchConfiguration().maxWait
    var topK = PrefetchConfiguration().topK
    var maxContextCharacters = PrefetchConfiguration().maxContextCharacters
    /// Timeout of one query.
    var timeout = PrefetchConfiguration().queryTimeout
    /// An endpoint that answers passages, beside or instead of the others.
    var httpURL: SecretURL?
    var httpToken: Secret?
    /// Minimum score of a passage, 0 to 1.
    var minScore = EmbeddedIndex.Configuration().minScore
    /// SQLite file in which the index survives a restart; nil: it is built anew.
    var indexFile: String?
    /// Converters by file extension.
    var converters = DocumentConverter.standard
    /// A server of OpenAI's `/v1/embeddings`; nil: words alone.
    var embeddingsURL: SecretURL?
    var embeddingsModel: String?
    var embeddingsKey: Secret?
    /// Text before a question and before a passage, as the model wants it.
    var embeddingsQueryPrefix = ""
    var embeddingsPassagePrefix = ""
    /// Timeout of a question's vector.
    var embeddingsTimeout = Embeddings.Configuration(url: "", model: "").queryTimeout
  }

  struct Sentry: Sendable {
    /// Holds a key.
    var dsn: SecretURL?
    var environment = "production"
    var tracesSampleRate = 0.1
  }

  struct Log: Sendable, Equatable {
    var level = Logger.Level.info
    /// Format; nil = JSON when not on a terminal.
    var format: LogFormat?
  }

  struct Telemetry: Sendable {
    /// The release in Sentry, health and metrics.
    var version = Version.current
    var otlp = OTLP()
    /// Host of a StatsD agent.
    var statsDHost: String?
    var statsDPort = 8_125
    /// US dollars of all users together; for people to look at.
    var budgetPerDay: Double?
  }
}
