public import HTTPTypes
public import NIOCore

/// Dials upstream servers.
public protocol RealtimeConnector: Sendable {
  /// Opens a WebSocket to `target`. Call it on `eventLoop`; all callbacks come there too, never before it returns.
  /// `opened` gets the connection and answers with the delegate that gets everything after; `failed` gets the reason
  /// instead, once. Gives up after `target.timeout`.
  func connect(
    to target: RealtimeTarget, on eventLoop: any EventLoop,
    opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
    failed: @escaping (RealtimeConnectError) -> Void)
}

/// Target of a dial, and its header fields.
public struct RealtimeTarget: Sendable, Equatable {
  /// `ws://` or `wss://`, with path and query.
  public var url: String
  /// Extra header fields, credentials among them: never printed.
  public var headers: HTTPFields
  /// Timeout from the start of the dial to the response of the upgrade.
  public var timeout: TimeAmount
  /// Alternative targets, for a connector that chooses: see ``FailoverConnector``.
  public var alternatives: [RealtimeTarget]

  /// Creates a realtime target.
  public init(url: String, headers: HTTPFields = [:], timeout: TimeAmount = .seconds(10), alternatives: [RealtimeTarget] = []) {
    self.url = url
    self.alternatives = alternatives
    self.headers = headers
    self.timeout = timeout
  }
}

extension RealtimeTarget: CustomStringConvertible, CustomReflectable {
  /// The URL without credentials and query; no header field.
  public var description: String { Redaction.url(url) }
  /// Mirror without children, since header fields hold keys.
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// The same servers, beginning with another one.
  func rotated(by count: Int) -> RealtimeTarget {
    guard !alternatives.isEmpty else { return self }
    var all = [self] + alternatives
    all[0].alternatives = []
    let start = count % all.count
    var first = all[start]
    first.alternatives = Array(all[(start + 1)...] + all[..<start])
    return first
  }
}

/// Reason for a failed dial.
public struct RealtimeConnectError: Error, Sendable, CustomStringConvertible {
  /// Code of a failed dial. An open set: others may follow.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    /// Creates a code of this text.
    public init(_ name: String) { description = name }
    /// A URL that is no `ws://` or `wss://`.
    public static let invalidURL = Code("invalid_url")
    /// No connection to the host.
    public static let unreachable = Code("unreachable")
    /// No upgrade within the time allowed.
    public static let timeout = Code("timeout")
    /// A certificate or a handshake that is not acceptable.
    public static let tls = Code("tls")
    /// The server answered with something else than 101.
    public static let refused = Code("refused")
    /// An answer that is no valid upgrade.
    public static let invalidUpgrade = Code("invalid_upgrade")
  }
  /// Code of the failure.
  public var code: Code
  /// Text for a log; holds no key.
  public var message: String
  /// The HTTP status, when the server answered with one.
  public var status: Int?

  /// Creates a realtime connect error.
  public init(_ code: Code, _ message: String, status: Int? = nil) {
    self.code = code
    self.message = message
    self.status = status
  }
  public var description: String { "\(code): \(message)" }

  /// True if dialling again may help: no answer, or an overloaded server. A permanent refusal stays one.
  public var isTransient: Bool {
    switch code {
    case .unreachable, .timeout: true
    case .refused: status.map { $0 == 408 || $0 == 429 || $0 >= 500 } ?? false
    default: false
    }
  }
}
