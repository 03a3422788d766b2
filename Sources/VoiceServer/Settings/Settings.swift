import VoiceCore
import VoiceGateway

/// All that an operator can set, read once at the start. The values here are the defaults; ``Settings/table`` names them.
struct Settings: Sendable {
  var admission = Admission()
  var http = HTTP()
  var upstream = Upstream()
  var warm = Warm()
  var files = Files()
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
  /// Admission flags; a flags file overrides these at run time.
  struct Admission: Sendable, Equatable {
    var enabled = false
    var flagsFile: String?
    /// Percentage, in hundredths at the finest.
    var rolloutPercent = 100.0
    var betaUsers: [String] = []
    /// Plans, case-insensitive; empty = every plan.
    var allowedPlans = ["elite", "intelia"]
  }

  /// The listening side.
  struct HTTP: Sendable {
    var host = "127.0.0.1"
    /// `0` takes any free port.
    var port = 8080
    /// Nil: one for each core that this process may use.
    var eventLoops: Int?
    var tlsCertificateFile: String?
    var tlsKeyFile: String?
    /// Empty means the same host only; `*` any.
    var allowedOrigins = GatewayConfiguration.HTTP().allowedOrigins
    var trustedProxies = GatewayConfiguration.HTTP().trustedProxies
    /// Time allowed from the accepted connection to the end of its request head, and of its request body.
    var handshakeTimeout = GatewayConfiguration.HTTP().handshakeTimeout
    /// Unset: the admin's routes answer 401, but where ``adminLoopback`` says otherwise.
    var adminToken: Secret?
    /// True when requests from this machine itself, through no proxy, are the admin's where there is no token.
    var adminLoopback = GatewayConfiguration.HTTP().adminLoopback
    var servesDemoPage = false
    /// Time allowed for sessions to end after a signal to stop.
    var drainTimeout = GatewayConfiguration.HTTP().drainTimeout
    /// Time that the listener stays after SIGTERM.
    var drainDelay: Duration = .seconds(3)
  }

  /// Connections to upstream that wait for sessions.
  struct Warm: Sendable, Equatable {
    /// For each URL; 0 = none.
    var count = 0
    /// Past `session.created`.
    var opensSessions = false
  }

  typealias Upstream = GatewayConfiguration.Upstream
  typealias Limits = GatewayConfiguration.Limits
  typealias Session = GatewayConfiguration.Session

  /// Files that stand beside what they are for.
  struct Files: Sendable {
    /// Read into `upstream.instructions`.
    var instructions: String?
    /// Functions that the gateway runs for the model: see ``ToolsFile``.
    var tools: String?
    /// Certificate authorities of every outgoing TLS connection; nil: the system's.
    var certificateAuthorities: String?
  }

  /// Trusted keys and claims of tokens.
  struct Auth: Sendable {
    var secret: Secret?
    /// PEM. Holds the content of ``publicKeyFile`` when that is set.
    var publicKey: String?
    var publicKeyFile: String?
    var keySetURL: SecretURL?
    /// Empty: those that fit the keys given.
    var algorithms: [String] = []
    var issuer: String?
    var audience: String?
    var leeway: Duration = .seconds(30)
    /// Dotted paths into the claims, the first that is there wins.
    var userClaims = ["user_id", "sub"]
    var planClaims = ["plan", "app_metadata.plan"]
    /// Claim that names the tenant of retrieval.
    var tenantClaim: String?
    /// True if a key is named, whether or not it can be used.
    var hasKey: Bool { secret != nil || publicKey != nil || publicKeyFile != nil || keySetURL != nil }
    /// Name of the setting that ``publicKey`` comes from.
    var publicKeySetting: String { publicKeyFile == nil ? "JWT_PUBLIC_KEY" : "JWT_PUBLIC_KEY_FILE" }
  }
}
