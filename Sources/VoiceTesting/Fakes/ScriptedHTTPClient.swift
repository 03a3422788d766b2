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

  private let answer: Answer
  private let seen = NIOLockedValueBox<[Exchange]>([])

  /// Creates a client that answers as the closure says.
  public init(_ answer: @escaping Answer) { self.answer = answer }

  /// Requests so far, oldest first.
  public var exchanges: [Exchange] { seen.withLockedValue { $0 } }

  public func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
    let exchange = Exchange(request: request, body: body.map { String(buffer: $0) } ?? "", options: options)
    seen.withLockedValue { $0.append(exchange) }
    let (status, text) = try await answer(exchange)
    return HTTPClientResponse(head: HTTPResponse(status: .init(code: status)), body: ByteBuffer(string: text))
  }
}
