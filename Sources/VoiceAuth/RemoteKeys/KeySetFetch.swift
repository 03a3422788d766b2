import HTTPTypes
import NIOCore
import VoiceCore

/// One fetch of a key set.
struct KeySetFetch: Sendable {
  struct Outcome: Sendable {
    var keys: KeySet
    var freshFor: Duration?
  }

  private static let maxRedirects = 3
  static let deadline = Duration.seconds(5)
  static let maxBytes = 262_144

  let url: KeySetURL
  let algorithms: Set<JWTAlgorithm>
  let client: any HTTPClient
  /// Time since some moment.
  let elapsed: @Sendable () -> Duration

  /// Throws ``VoiceAuthError`` or ``HTTPClientError``; neither holds a part of the answer.
  func run() async throws -> Outcome {
    let start = elapsed()
    var url = url
    for _ in 0...Self.maxRedirects {
      let left = Self.deadline - (elapsed() - start)
      guard left > .zero else { throw Self.failure("no answer in time") }
      let response = try await client.execute(
        url.request, body: nil, options: HTTPClientOptions(timeout: left, maxResponseBytes: Self.maxBytes))
      switch response.head.status.code {
      case 200: return try read(response)
      case 301, 302, 303, 307, 308:
        guard let location = response.head.headerFields[.location], let target = url.redirected(to: location) else {
          throw Self.failure("a redirect to another host")
        }
        url = target
      case let status: throw Self.failure("status \(status)")
      }
    }
    throw Self.failure("more than \(Self.maxRedirects) redirects")
  }

  /// The body decides, not its `Content-Type`: static hosts and object stores send what they like.
  private func read(_ response: HTTPClientResponse) throws(VoiceAuthError) -> Outcome {
    // A client that bounds nothing would still not get more in here.
    guard response.body.readableBytes <= Self.maxBytes else { throw Self.failure("more than \(Self.maxBytes) bytes") }
    do throws(VoiceAuthError) {
      let keys = try KeySet(jwkSet: Array(response.body.readableBytesView), algorithms: algorithms)
      return Outcome(keys: keys, freshFor: CacheControl.freshness(of: response.head))
    } catch {
      throw Self.failure("an answer that is no key set: \(error.message)")
    }
  }

  private static func failure(_ message: String) -> VoiceAuthError { VoiceAuthError(.fetchFailed, message) }
}
