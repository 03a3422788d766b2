/// Failure of a command: no reply, or none that can be used.
public struct RedisError: Error, Sendable, CustomStringConvertible {
  /// Code of an error. An open set: others may follow.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private init(_ description: String) { self.description = description }

    /// The deadline passed. The command may have run.
    public static let timedOut = Code("timed_out")
    /// The connection ended while the command was on it.
    public static let connectionLost = Code("connection_lost")
    /// A connection ended before the command was sent, and the server behind the next one may be another.
    static let lostBefore = Code("connection_lost_before")
    /// There is no connection, and none is likely before the deadline.
    public static let unreachable = Code("unreachable")
    /// Too much waits already.
    public static let overloaded = Code("overloaded")
    /// Redis wants a password, or another one.
    public static let authentication = Code("authentication")
    /// The peer's certificate is not to be trusted, or it does not speak TLS.
    public static let tls = Code("tls")
    /// The peer does not speak the Redis protocol.
    public static let protocolViolation = Code("protocol_violation")
    /// Redis answered with an error: see ``RedisError/reply``.
    public static let refused = Code("refused")
    /// Redis answered, and not as this command is answered; or with a session that cannot be read.
    public static let unexpectedReply = Code("unexpected_reply")
    /// No master, or no server for this key, is known.
    public static let noServer = Code("no_server")
    /// Redis was restarted, or another server took its place: it may lack what the last one had.
    public static let restarted = Code("restarted")
    /// The client was shut down.
    public static let shutDown = Code("shut_down")
  }

  /// Code of the error.
  public var code: Code
  /// Text for a log; holds no password.
  public var message: String
  /// The error that Redis answered with, for ``Code/refused`` and ``Code/authentication``.
  public var reply: RedisErrorReply?
  /// True if Redis may have run the command nevertheless.
  public var mayHaveRun: Bool

  /// Creates a Redis error.
  public init(_ code: Code, _ message: String, reply: RedisErrorReply? = nil, mayHaveRun: Bool = false) {
    self.code = code
    self.message = message
    self.reply = reply
    self.mayHaveRun = mayHaveRun
  }

  public var description: String { "redis \(code): \(message)" }

  /// True if Redis as a whole cannot be used, not only for this command or key.
  public var isOutage: Bool {
    switch code {
    case .unexpectedReply: false
    case .refused: reply?.isOutage ?? false
    default: true
    }
  }

  /// True if what the command is about may be why it failed: it is known to be so, or Redis refuses in words that are not known.
  var mayBeOfOneCommand: Bool { code == .refused ? reply?.isOfServer != true : !isOutage }

  /// True when the connection may be at fault, and another one may serve: one slow command is no outage.
  var mayPass: Bool {
    switch code {
    case .timedOut, .connectionLost, .lostBefore: true
    default: false
    }
  }
}
