public import HTTPTypes
public import NIOCore
public import VoiceCore

/// An HTTP client on libcurl's multi interface, with one thread for all exchanges.
///
/// Connections are kept alive, HTTP/2 is spoken where it is offered, certificates are verified, proxies come from the
/// environment as libcurl reads it (`https_proxy`, `no_proxy`, …), and a redirect is an answer like any other. Ends when
/// the last reference is released: exchanges that still run then fail with `HTTPClientError.Code.closed`.
public final class CurlHTTPClient: HTTPClient {
  /// Bounds of the client.
  public struct Configuration: Sendable, Equatable {
    /// A PEM file; nil = the system's.
    public var certificateAuthorities: String?
    /// Maximum of open connections over all hosts; also the number kept alive.
    public var maxConnections: Int
    /// Connections to one host.
    public var maxConnectionsPerHost: Int
    /// Maximum of exchanges that run or wait for a connection; one more fails with `HTTPClientError.Code.overloaded`.
    public var maxExchanges: Int
    /// Value of the `User-Agent` header.
    public var userAgent: String

    /// Creates a configuration.
    public init(
      certificateAuthorities: String? = nil, maxConnections: Int = 64, maxConnectionsPerHost: Int = 16, maxExchanges: Int = 1_024,
      userAgent: String = "voice-realtime"
    ) {
      self.certificateAuthorities = certificateAuthorities
      self.maxConnections = maxConnections
      self.maxConnectionsPerHost = maxConnectionsPerHost
      self.maxExchanges = maxExchanges
      self.userAgent = userAgent
    }
  }

  private let inbox: CurlRequestQueue

  /// Starts the thread. Throws `HTTPClientError.Code.closed` where the system gives none, or libcurl no handle.
  public init(_ configuration: Configuration = Configuration()) throws(HTTPClientError) {
    let multi = MultiHandle(maxConnections: configuration.maxConnections, maxConnectionsPerHost: configuration.maxConnectionsPerHost)
    guard let multi else { throw HTTPClientError(.closed, "libcurl gives no handle") }
    let inbox = CurlRequestQueue(multi, maxLive: configuration.maxExchanges)
    let isStarted = LoopThread.start { CurlLoop(configuration, inbox: inbox, multi: multi).run() }
    guard isStarted else { throw HTTPClientError(.closed, "the system gives no thread") }
    self.inbox = inbox
  }

  deinit { inbox.stop() }

  public func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
    let target = try RequestTarget(request)
    let number = try inbox.register()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        inbox.submit(
          CurlRequest(number: number, request: request, target: target, body: body, options: options, continuation: continuation))
      }
    } onCancel: {
      inbox.cancel(number)
    }
  }
}
