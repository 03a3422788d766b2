public import HTTPTypes
public import NIOCore

/// One HTTP exchange, for key sets, retrieval and telemetry. Cancelling the task cancels the exchange on the wire.
public protocol HTTPClient: Sendable {
  /// Sends `request` with `body` and collects the answer. Never follows a redirect by itself.
  /// Throws ``HTTPClientError``.
  func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse
}

public struct HTTPClientOptions: Sendable, Equatable {
  /// Timeout of the whole exchange.
  public var timeout: Duration
  /// A larger answer fails with ``HTTPClientError/Code/tooLarge``.
  public var maxResponseBytes: Int

  public init(timeout: Duration = .seconds(5), maxResponseBytes: Int = 1 << 20) {
    self.timeout = timeout
    self.maxResponseBytes = maxResponseBytes
  }
}

public struct HTTPClientResponse: Sendable, Equatable {
  public var head: HTTPResponse
  public var body: ByteBuffer
  public init(head: HTTPResponse, body: ByteBuffer) {
    self.head = head
    self.body = body
  }
}

public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ name: String) { description = name }
    public static let invalidRequest = Code("invalid_request")
    public static let unreachable = Code("unreachable")
    public static let timeout = Code("timeout")
    public static let tls = Code("tls")
    public static let tooLarge = Code("too_large")
    public static let cancelled = Code("cancelled")
    public static let protocolError = Code("protocol_error")
    public static let closed = Code("closed")
  }
  public var code: Code
  /// Names the host, never the query or a header.
  public var message: String
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
  public var description: String { "\(code): \(message)" }
}
