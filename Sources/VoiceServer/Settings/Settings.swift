import VoiceCore

/// All that an operator can set, read once at the start. The values here are the defaults; ``Settings/table`` names them.
struct Settings: Sendable {
  var admission = Admission()
  var http = HTTP()
  var upstream = Upstream()
  var auth = Auth()
  var redis = Redis()
  var retry = Retry()
  var limits = Limits()
  var session = Session()
  var weaviate = Weaviate()
  var rag = RAG()
  var sentry = Sentry()
  var log = Log()
  var telemetry = Telemetry()
}

extension Settings {
  /// Who may use voice at all; a flags file overrides these while it runs.
  struct Admission: Sendable, Equatable {
    var enabled = false
    var flagsFile: String?
    /// In hundredths at the finest.
    var rolloutPercent = 100.0
    var betaUsers: [String] = []
    /// In any case of letters; empty lets every plan in.
    var allowedPlans = ["elite", "intelia"]
  }

  /// The listening side.
  struct HTTP: Sendable {
    var host = "127.0.0.1"
    /// `0` takes any free port.
    var port = 8080
    var tlsCertificateFile: String?
    var tlsKeyFile: String?
    /// Empty means the same host only; `*` any.
    var allowedOrigins: [String] = []
    var trustedProxies: [AddressBlock] = []
    /// From the accepted connection to the end of its request head, and of its request body.
    var handshakeTimeout: Duration = .seconds(10)
    /// Unset: the admin's routes answer to loopback only.
    var adminToken: Secret?
    var servesDemoPage = false
    /// How long sessions may go on after a signal to stop.
    var drainTimeout: Duration = .seconds(20)
  }

  /// The Realtime server behind the gateway.
  struct Upstream: Sendable {
    enum KeyHeader: String, Sendable, CaseIterable {
      case authorization
      case apiKey = "api-key"
    }
    /// One for all, or one for each of ``urls``; empty: none is sent.
    var apiKeys: [Secret] = []
    /// In the order of preference.
    var urls = ["wss://api.openai.com/v1/realtime"]
    /// Used when the client names none.
    var model = "gpt-realtime-2.1"
    /// Nil: the default model alone. `*` allows any.
    var allowedModels: [String]?
    /// One for all, or one for each of ``urls``; empty: `api-key` for Azure's hosts, `authorization` for others.
    var keyHeaders: [KeyHeader] = []
    /// Put before the client's own. Holds the content of ``instructionsFile`` when that is set.
    var instructions: String?
    var instructionsFile: String?
    /// The most that a client may ask for of one answer; nil: what the provider allows.
    var maxOutputTokens: Int?
    /// Functions that the gateway runs for the model: see ``ToolsFile``.
    var toolsFile: String?
    var transcriptionModel = "gpt-realtime-whisper"
    /// A socket of its own for the words of the user, beside the conversation's.
    var transcribesInParallel = false
    /// Certificate authorities of every outgoing TLS connection; nil: the system's.
    var certificateAuthoritiesFile: String?
  }

  /// Whose tokens are believed.
  struct Auth: Sendable {
    var secret: Secret?
    /// PEM. Holds the content of ``publicKeyFile`` when that is set.
    var publicKey: String?
    var publicKeyFile: String?
    var keySetURL: String?
    /// Empty: those that fit the keys given.
    var algorithms: [String] = []
    var issuer: String?
    var audience: String?
    var leeway: Duration = .seconds(30)
    /// Dotted paths into the claims, the first that is there wins.
    var userClaims = ["user_id", "sub"]
    var planClaims = ["plan", "app_metadata.plan"]
    var hasKey: Bool { secret != nil || publicKey != nil || keySetURL != nil }
  }

  /// How often one user may come, and how many may be here.
  struct Limits: Sendable, Equatable {
    /// In any ``window``; `0` means no limit.
    var sessionsPerWindow = 5
    var window: Duration = .seconds(3_600)
    /// Of one user over all instances; `0` means no limit.
    var concurrentSessions = 2
    /// Of this instance.
    var connections = 10_000
    var connectionsPerAddress = 100
    /// US dollars a user a day.
    var costPerDay: Double?
  }

  /// One session's bounds.
  struct Session: Sendable, Equatable {
    var maxDuration: Duration = .seconds(600)
    /// Notices at these times before the end.
    var notices: [Duration] = [.seconds(60), .seconds(10)]
    /// Zero: off.
    var idleTimeout: Duration = .seconds(300)
    /// How long a dropped client's session is kept warm.
    var resumeGrace: Duration = .seconds(30)
    /// How long a stored session lives.
    var storedFor: Duration = .seconds(3_600)
    var clientBufferBytes = 4_194_304
    /// Of appended audio, as a multiple of real time; zero: no limit.
    var clientAudioSpeed = 4.0
    var maxClientMessageBytes = 22_020_096
  }
}
