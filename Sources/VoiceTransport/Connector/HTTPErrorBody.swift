import NIOCore
import VoiceCore

/// The beginning of the body of a refusal, for people to read.
struct HTTPErrorBody: Sendable, Equatable {
  private static let maxCharacters = 200
  /// Enough for the characters above and the framing between them.
  private static let maxBytes = 2_048

  private let status: Int
  private let isChunked: Bool
  private let length: Int?
  private var bytes = ByteBuffer()

  init(_ head: HandshakeAnswer) {
    status = head.status
    isChunked = HeaderTokens.contains("chunked", in: head.values("transfer-encoding"))
    length = isChunked ? nil : head.values("content-length").first.flatMap { Int($0) }
  }

  /// Keeps what is of use; true when more would add nothing.
  mutating func append(_ more: ByteBuffer) -> Bool {
    bytes.writeImmutableBuffer(
      more.getSlice(at: more.readerIndex, length: min(more.readableBytes, Self.maxBytes - bytes.readableBytes)) ?? ByteBuffer())
    if bytes.readableBytes >= Self.maxBytes { return true }
    if let length { return bytes.readableBytes >= length }
    return isChunked && bytes.readableBytesView.suffix(5).elementsEqual("0\r\n\r\n".utf8)
  }

  var error: RealtimeConnectError {
    let text = text
    return RealtimeConnectError(.refused, text.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(text)", status: status)
  }

  /// The first characters, on one line.
  private var text: String {
    var rest = bytes
    var raw: [UInt8] = []
    if isChunked {
      while let size = Self.chunkSize(&rest), size > 0 {
        raw += rest.readBytes(length: min(size, rest.readableBytes)) ?? []
        if rest.readableBytes < 2 { break }
        rest.moveReaderIndex(forwardBy: 2)
      }
    } else {
      raw = rest.readBytes(length: min(length ?? rest.readableBytes, rest.readableBytes)) ?? []
    }
    let line = String(decoding: raw, as: UTF8.self).prefix(Self.maxCharacters)
      .map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? " " : $0 }
    return String(line)
  }

  /// Takes the line with a chunk's size (RFC 9112 section 7.1).
  private static func chunkSize(_ input: inout ByteBuffer) -> Int? {
    let line = input.readableBytesView.prefix { $0 != 0x0A }
    guard line.count < input.readableBytes else { return nil }
    input.moveReaderIndex(forwardBy: line.count + 1)
    let digits = line.prefix { $0 != 0x0D && $0 != UInt8(ascii: ";") }
    return digits.count <= 7 ? Int(String(decoding: digits, as: UTF8.self), radix: 16) : nil
  }
}
