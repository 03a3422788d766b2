public import VoiceCore

/// All that an embedder can set of a gateway. The values here are the defaults.
public struct GatewayConfiguration: Sendable {
  /// Realtime API behind the gateway.
  public var upstream = Upstream()
  /// Limits of users and addresses.
  public var limits = Limits()
  /// Bounds of one session.
  public var session = Session()
  /// Origins, proxies and routes.
  public var http = HTTP()
  /// Looks for context while the user speaks, where there is a retriever: `Prefetcher` of RAGPrefetch. Nil: answers go without.
  public var prefetch: (any ContextPrefetcher)?
  /// Retries of dialling upstream.
  public var redial = RetryPolicy()
  /// Sessions whose traces are recorded.
  public var traceSampler = TraceSampler.followingCaller
  /// The release that the health report names.
  public var version = "unknown"

  /// Creates a gateway configuration.
  public init() {}
}

extension GatewayConfiguration {
  /// The Realtime server behind the gateway.
  public struct Upstream: Sendable {
    /// Header field that carries the key.
    public enum KeyHeader: String, Sendable, CaseIterable {
      /// `Authorization: Bearer`, as OpenAI expects it.
      case authorization
      /// `api-key`, as Azure expects it.
      case apiKey = "api-key"
    }

    /// One for all, or one for each of ``urls``; empty: none is sent.
    public var apiKeys: [Secret] = []
    /// URLs in order of preference.
    public var urls: [SecretURL] = ["wss://api.openai.com/v1/realtime"]
    /// Used when the client names none.
    public var model = "gpt-realtime-2.1"
    /// Models that a client may ask for; nil: the default model alone. `*` allows any.
    public var allowedModels: [String]?
    /// One for all, or one for each of ``urls``; empty: `api-key` for Azure's hosts, `authorization` for others.
    public var keyHeaders: [KeyHeader] = []
    /// Put before the client's own.
    public var instructions: String?
    /// The most that a client may ask for of one answer; nil: what the provider allows.
    public var maxOutputTokens: Int?
    /// Streaming transcription that is asked for when there is a retriever.
    public var transcriptionModel = "gpt-realtime-whisper"
    /// A socket of its own for the words of the user, beside the conversation's.
    public var transcribesInParallel = false

    /// Creates settings with their defaults.
    public init() {}

    /// OpenAI's Realtime API.
    ///
    /// - Parameter key: key that is sent upstream.
    /// - Parameter url: a compatible server in its place; nil: OpenAI's own.
    public static func openAI(key: Secret, url: String? = nil) -> Self {
      var upstream = Self()
      upstream.apiKeys = [key]
      if let url { upstream.urls = [SecretURL(url)] }
      return upstream
    }

    /// Any compatible server, `ws://` or `wss://`.
    public static func server(_ url: String, key: Secret? = nil) -> Self {
      var upstream = Self()
      upstream.urls = [SecretURL(url)]
      upstream.apiKeys = key.map { [$0] } ?? []
      return upstream
    }
  }

  /// Limits of a user's sessions and of connections.
  public struct Limits: Sendable, Equatable {
    /// Sessions of a user in any ``window``; 0 = unlimited.
    public var sessionsPerWindow = 5
    /// Length of the sliding window.
    public var window: Duration = .seconds(3_600)
    /// Concurrent sessions of a user over all instances; 0 = unlimited.
    public var concurrentSessions = 2
    /// Connections of this instance.
    public var connections = 10_000
    /// Connections of one client address.
    public var connectionsPerAddress = 100
    /// US dollars a user a day; nil: no limit.
    public var costPerDay: Double?
    /// The same in millionths of a US dollar.
    package var microdollarsPerDay: Int64? { costPerDay.map { Int64((($0 > 0 ? min($0, 1e12) : 0) * 1_000_000).rounded()) } }

    /// Creates limits.
    public init() {}
  }

  /// One session's bounds.
  public struct Session: Sendable, Equatable {
    /// Time after which a session ends.
    public var maxDuration: Duration = .seconds(600)
    /// Notices at these times before the end.
    public var notices: [Duration] = [.seconds(60), .seconds(10)]
    /// Time without client events after which a session ends; zero = never.
    public var idleTimeout: Duration = .seconds(300)
    /// Time a session stays open for a client that lost its connection.
    public var resumeGrace: Duration = .seconds(30)
    /// Lifetime of a stored session.
    public var storedFor: Duration = .seconds(3_600)
    /// Interval at which a running session renews its lease, which lives for 30 s, and sees whether its store has to be told that it runs.
    var keepInterval: Duration { min(.seconds(10), storedFor / 3) }
    /// Time for the first answer of another instance that is asked about a session.
    var answerTime: Duration = .milliseconds(200)
    /// Bytes that may wait for a slow client.
    public var clientBufferBytes = 4_194_304
    /// Rate of appended audio, as a multiple of real time; zero = unlimited.
    public var clientAudioSpeed = 4.0
    /// Larger messages end the session with 1009.
    public var maxClientMessageBytes = 22_020_096
    /// Limit of an event that carries neither audio nor images.
    public var maxEventBytes = 1_048_576

    /// Creates bounds with their defaults.
    public init() {}
  }

  /// The side of the clients, before the upgrade and at the end.
  public struct HTTP: Sendable {
    /// Web origins that may connect; empty means the same host only, `*` any.
    public var allowedOrigins: [String] = []
    /// Proxies whose `X-Forwarded-For` or `Forwarded` is believed.
    public var trustedProxies: [AddressBlock] = []
    /// Time allowed from the accepted connection to the end of its request head, and of its request body.
    public var handshakeTimeout: Duration = .seconds(10)
    /// Time allowed for sessions to end once a drain has begun.
    public var drainTimeout: Duration = .seconds(20)
    /// Bearer token, or password, of the admin's routes; nil: they answer 401, but where ``adminLoopback`` says otherwise.
    public var adminToken: Secret?
    /// True if requests from this machine itself, through no proxy, are the admin's where there is no token.
    public var adminLoopback = false

    /// Creates settings with their defaults.
    public init() {}
  }
}
