import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import VoiceCore

/// An HTTP client whose answers are written down. Remembers what it was asked.
final class ScriptedHTTPClient: HTTPClient {
  struct Exchange: Sendable {
    let request: HTTPRequest
    let body: String
    let options: HTTPClientOptions
  }
  typealias Answer = @Sendable (Exchange) async throws -> (Int, String)

  private let answer: Answer
  private let seen = NIOLockedValueBox<[Exchange]>([])

  init(_ answer: @escaping Answer) { self.answer = answer }

  var exchanges: [Exchange] { seen.withLockedValue { $0 } }

  func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
    let exchange = Exchange(request: request, body: body.map { String(buffer: $0) } ?? "", options: options)
    seen.withLockedValue { $0.append(exchange) }
    let (status, text) = try await answer(exchange)
    return HTTPClientResponse(head: HTTPResponse(status: .init(code: status)), body: ByteBuffer(string: text))
  }
}
