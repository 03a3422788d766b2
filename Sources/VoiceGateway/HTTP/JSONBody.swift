package import Foundation
import HTTPTypes
import NIOCore
package import VoiceCore

/// Bodies in JSON, in and out.
package enum JSONBody {
  /// Larger requests are refused with 413.
  static let maxBytes = 65_536

  /// A value of one's own as JSON; nil where it holds a number that JSON cannot say.
  package static func encoded(_ value: some Encodable) -> Data? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Names of properties; the keys of dictionaries stay as they are.
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return try? encoder.encode(value)
  }

  /// The request's body as JSON; nil when it has none. Throws ``RouteError``: 413, 415, 408, 400.
  package static func read(from request: GatewayRequest, within limit: Duration) async throws -> JSONValue? {
    let buffer = try await collect(request, within: limit)
    guard buffer.readableBytes > 0 else { return nil }
    guard let mediaType = request.head.headerFields[.contentType], isJSON(mediaType) else { throw RouteError.notJSON }
    do { return try JSONParser.parse(Array(buffer.readableBytesView), limits: limits) } catch {
      throw RouteError.invalid("invalid_json", "The request's body is not JSON that this route takes: \(error.message)")
    }
  }

  /// Deeper than any tool's parameters.
  private static let limits = JSONParser.Limits(depth: 32, members: 1_000)

  /// A body that did not come: its cause is the server's to judge.
  struct BodyFailure: Error { var cause: any Error }

  private static func isJSON(_ mediaType: String) -> Bool {
    let essence = mediaType.prefix { $0 != ";" }.trimmed.lowercased()
    return essence == "application/json" || (essence.hasPrefix("application/") && essence.hasSuffix("+json"))
  }

  /// A client that sends its body drop by drop holds nothing for longer than the limit.
  private static func collect(_ request: GatewayRequest, within limit: Duration) async throws -> ByteBuffer {
    if let length = request.head.headerFields[.contentLength].flatMap({ Int($0) }), length > maxBytes { throw RouteError.tooLarge }
    return try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
      group.addTask {
        do { return try await request.collectBody(maxBytes) } catch is NIOTooManyBytesError { throw RouteError.tooLarge } catch {
          throw BodyFailure(cause: error)
        }
      }
      group.addTask {
        try await Task.sleep(for: limit)
        return nil
      }
      defer { group.cancelAll() }
      guard let buffer = try await group.next() ?? nil else { throw RouteError.timeout }
      return buffer
    }
  }
}
