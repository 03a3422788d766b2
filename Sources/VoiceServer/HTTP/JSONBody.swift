import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import VoiceCore
import VoiceGateway

/// Bodies in JSON, in and out.
enum JSONBody {
  /// Larger requests are refused with 413.
  static let maxBytes = 65_536

  static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
    guard let data = encoded(value) else { return Response(status: .internalServerError) }
    return response(ByteBuffer(bytes: data), status: status)
  }

  static func response(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
    response(ByteBuffer(string: JSONWriter.write(value)), status: status)
  }

  private static func response(_ json: ByteBuffer, status: HTTPResponse.Status) -> Response {
    Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: json))
  }

  /// A value of one's own as JSON; nil where it holds a number that JSON cannot say.
  static func encoded(_ value: some Encodable) -> Data? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Names of properties; the keys of dictionaries stay as they are.
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return try? encoder.encode(value)
  }

  /// The request's body as JSON; nil when it has none. Throws ``APIError``: 413, 415, 408, 400.
  static func read(from request: Request, within limit: Duration) async throws -> JSONValue? {
    let buffer = try await collect(request, within: limit)
    guard buffer.readableBytes > 0 else { return nil }
    guard let mediaType = request.headers[.contentType], isJSON(mediaType) else { throw APIError.notJSON }
    do { return try JSONParser.parse(Array(buffer.readableBytesView), limits: limits) } catch {
      throw APIError.invalid("invalid_json", "The request's body is not JSON that this route takes: \(error.message)")
    }
  }

  /// Deeper than any tool's parameters.
  private static let limits = JSONParser.Limits(depth: 32, members: 1_000)

  private static func isJSON(_ mediaType: String) -> Bool {
    let essence = mediaType.prefix { $0 != ";" }.trimmingSpaces().lowercased()
    return essence == "application/json" || (essence.hasPrefix("application/") && essence.hasSuffix("+json"))
  }

  /// A client that sends its body drop by drop holds nothing for longer than the limit.
  private static func collect(_ request: Request, within limit: Duration) async throws -> ByteBuffer {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > maxBytes { throw APIError.tooLarge }
    let body = request.body
    return try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
      group.addTask {
        do { return try await body.collect(upTo: maxBytes) } catch is NIOTooManyBytesError { throw APIError.tooLarge }
      }
      group.addTask {
        try await Task.sleep(for: limit)
        return nil
      }
      defer { group.cancelAll() }
      guard let buffer = try await group.next() ?? nil else { throw APIError.timeout }
      return buffer
    }
  }
}
