import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import VoiceCore

/// An HTTP client whose answers the test gives, one request at a time.
final class ScriptedHTTPClient: HTTPClient {
  struct Exchange: Sendable {
    var request: HTTPRequest
    var options: HTTPClientOptions
    fileprivate var continuation: CheckedContinuation<HTTPClientResponse, any Error>

    func answer(status: Int = 200, _ body: String = "", _ fields: HTTPFields = [.contentType: "application/json"]) {
      continuation.resume(
        returning: HTTPClientResponse(
          head: HTTPResponse(status: .init(code: status), headerFields: fields), body: ByteBuffer(string: body)))
    }

    func fail(_ code: HTTPClientError.Code = .unreachable) { continuation.resume(throwing: HTTPClientError(code, "host")) }
  }

  private let exchanges: AsyncStream<Exchange>
  private let feed: AsyncStream<Exchange>.Continuation
  private let counter = NIOLockedValueBox(0)

  init() { (exchanges, feed) = AsyncStream.makeStream() }

  var count: Int { counter.withLockedValue { $0 } }

  func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
    counter.withLockedValue { $0 += 1 }
    return try await withCheckedThrowingContinuation {
      feed.yield(Exchange(request: request, options: options, continuation: $0))
    }
  }

  func next() async -> Exchange {
    for await exchange in exchanges { return exchange }
    preconditionFailure("the stream never ends")
  }
}
