import HTTPTypes
import NIOCore
import VoiceCore

/// Puts an answer together from the lines and bytes that arrive, within bounds.
struct ResponseCollector {
  /// Limit of all header lines of a response together.
  static let maxHeaderBytes = 65_536

  private enum State {
    /// Waits for a status line, or for the next one after an interim answer.
    case status
    case fields
    /// The header is whole. Lines that still come are trailers.
    case body
  }

  let maxBodyBytes: Int
  private(set) var head: HTTPResponse?
  private(set) var body = ByteBuffer()
  /// Reason for rejecting the response; nil while it is acceptable.
  private(set) var fault: HTTPClientError.Code?
  private var state = State.status
  private var headerBytes = 0

  init(maxBodyBytes: Int) { self.maxBodyBytes = maxBodyBytes }

  /// One header line, with its end. False ends the exchange.
  mutating func receivedLine(_ line: some Collection<UInt8>) -> Bool {
    headerBytes += line.count
    guard headerBytes <= Self.maxHeaderBytes else { return fail(.tooLarge) }
    let text = line.filter { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
    switch state {
    case .status:
      guard let status = Self.status(of: text) else { return fail(.protocolError) }
      head = HTTPResponse(status: .init(code: status))
      state = .fields
    case .fields:
      if text.isEmpty {
        // 1xx answers are followed by the real one (RFC 9110 section 15.2).
        state = head?.status.kind == .informational ? .status : .body
      } else if let field = Self.field(of: text) {
        head?.headerFields.append(field)
      }
    case .body: break
    }
    return true
  }

  /// A piece of the body. False ends the exchange.
  mutating func received(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= maxBodyBytes - body.readableBytes else { return fail(.tooLarge) }
    body.writeBytes(bytes)
    return true
  }

  private mutating func fail(_ code: HTTPClientError.Code) -> Bool {
    fault = code
    return false
  }

  /// `HTTP/1.1 200 OK` or `HTTP/2 200`.
  private static func status(of line: some Collection<UInt8>) -> Int? {
    let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard parts.count >= 2, parts[0].starts(with: "HTTP/".utf8), parts[1].count == 3 else { return nil }
    return Int(String(decoding: parts[1], as: UTF8.self)).flatMap { (100...999).contains($0) ? $0 : nil }
  }

  /// A line that is no field is left out.
  private static func field(of line: [UInt8]) -> HTTPField? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self))
    else { return nil }
    return HTTPField(name: name, value: line[(colon + 1)...].withoutOuterBlanks)
  }
}
