import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import VoiceGateway

/// Bodies in JSON, in and out.
enum JSONBody {
  /// Larger requests are refused with 413.
  static let maxBytes = 65_536

  static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Names of properties; the keys of dictionaries stay as they are.
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard let data = try? encoder.encode(value) else { return Response(status: .internalServerError) }
    return Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }

  /// The request's body as JSON; nil when it has none. Throws ``APIError``: 413, 415, 408, 400.
  static func read<Value: Decodable>(_ type: Value.Type, from request: Request, within limit: Duration) async throws -> Value? {
    let buffer = try await collect(request, within: limit)
    guard buffer.readableBytes > 0 else { return nil }
    guard let mediaType = request.headers[.contentType], isJSON(mediaType) else { throw APIError.notJSON }
    do { return try decode(type, from: buffer) } catch {
      throw APIError.invalid("invalid_json", "The request's body is not the JSON that this route takes")
    }
  }

  static func decode<Value: Decodable>(_ type: Value.Type, from buffer: ByteBuffer) throws -> Value {
    try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
  }

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
