public import HTTPTypes
import NIOConcurrencyHelpers
public import NIOCore
public import VoiceCore

/// An HTTP client without a network: answers by a closure, and remembers what it was asked.
public final class ScriptedHTTPClient: HTTPClient {
  /// One request, with its body as text.
  public struct Exchange: Sendable {
    /// Request that was sent.
    public let request: HTTPRequest
    /// Body of the request, as text.
    public let body: String
    /// Bounds of the exchange.
    public let options: HTTPClientOptions
  }
  /// Status and body of an answer.
  public typealias Answer = @Sendable (Exchange) async throws -> (Int, String)

  /// One request that waits for the test to answer it.
  public struct Pending: Sendable {
    /// Request and its bounds.
    public let exchange: Exchange
    fileprivate let continuation: CheckedContinuation<HTTPClientResponse, any Error>

    /// Answers the request.
    public func answer(status: Int = 200, _ body: String = "", _ fields: HTTPFields = [.contentType: "application/json"]) {
      continuation.resume(returning: ScriptedHTTPClient.response(status, body, fields))
    }

    /// Lets the request fail.
    public func fail(_ code: HTTPClientError.Code = .unreachable) { continuation.resume(throwing: HTTPClientError(code, "host")) }
  }

  private let respond: @Sendable (Exchange) async throws -> HTTPClientResponse
  private let seen = NIOLockedValueBox<[Exchange]>([])
  private let waiting: AsyncStream<Pending>

  /// Creates a client that answers as the closure says.
  public init(_ answer: @escaping Answer) {
    (waiting, _) = AsyncStream.makeStream()
    respond = { exchange in
      let (status, body) = try await answer(exchange)
      return Self.response(status, body)
    }
  }

  /// Creates a client whose requests wait for ``next()``.
  public init() {
    let (waiting, feed) = AsyncStream.makeStream(of: Pending.self)
    self.waiting = waiting
    respond = { exchange in
      try await withCheckedThrowingContinuation { feed.yield(Pending(exchange: exchange, continuation: $0)) }
    }
  }

  /// Requests so far, oldest first.
  public var exchanges: [Exchange] { seen.withLockedValue { $0 } }

  /// The next request that waits, of a client without a closure.
  public func next() async -> Pending {
    for await pending in waiting { return pending }
    preconditionFailure("a client that answers by a closure has no request that waits")
  }

  public func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
    let exchange = Exchange(request: request, body: body.map { String(buffer: $0) } ?? "", options: options)
    seen.withLockedValue { $0.append(exchange) }
    return try await respond(exchange)
  }

  private static func response(_ status: Int, _ body: String, _ fields: HTTPFields = [:]) -> HTTPClientResponse {
    HTTPClientResponse(head: HTTPResponse(status: .init(code: status), headerFields: fields), body: ByteBuffer(string: body))
  }
}
