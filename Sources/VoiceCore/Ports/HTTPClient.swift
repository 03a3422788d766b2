public import HTTPTypes
public import NIOCore

/// One HTTP exchange, for key sets, retrieval and telemetry. Cancelling the task cancels the exchange on the wire.
public protocol HTTPClient: Sendable {
  /// Sends `request` with `body` and collects the answer. Never follows a redirect by itself.
  /// Throws ``HTTPClientError``.
  func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse
}

/// Bounds of one exchange.
public struct HTTPClientOptions: Sendable, Equatable {
  /// Timeout of the whole exchange.
  public var timeout: Duration
  /// A larger answer fails with ``HTTPClientError/Code/tooLarge``.
  public var maxResponseBytes: Int

  /// Creates HTTP client options.
  public init(timeout: Duration = .seconds(5), maxResponseBytes: Int = 1 << 20) {
    self.timeout = timeout
    self.maxResponseBytes = maxResponseBytes
  }
}

/// Response of a server, complete.
public struct HTTPClientResponse: Sendable, Equatable {
  /// Status and header fields.
  public var head: HTTPResponse
  /// Body, at most ``HTTPClientOptions/maxResponseBytes`` long.
  public var body: ByteBuffer
  /// Creates an HTTP client response.
  public init(head: HTTPResponse, body: ByteBuffer) {
    self.head = head
    self.body = body
  }
}

/// Failure of an exchange. Its text names the host, never a query or a header.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
  /// Code of a failure. An open set: others may follow.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    /// Creates a code of this text.
    public init(_ name: String) { description = name }
    /// A URL or a header field that cannot be sent.
    public static let invalidRequest = Code("invalid_request")
    /// No connection to the host.
    public static let unreachable = Code("unreachable")
    /// No complete response within the time allowed.
    public static let timeout = Code("timeout")
    /// A certificate or a handshake that is not acceptable.
    public static let tls = Code("tls")
    /// A response above the bound.
    public static let tooLarge = Code("too_large")
    /// The exchange was cancelled.
    public static let cancelled = Code("cancelled")
    /// A response that is no HTTP.
    public static let protocolError = Code("protocol_error")
    /// The client was shut down.
    public static let closed = Code("closed")
  }
  /// Code of the failure.
  public var code: Code
  /// Names the host, never the query or a header.
  public var message: String
  /// Creates an HTTP client error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
  public var description: String { "\(code): \(message)" }
}
