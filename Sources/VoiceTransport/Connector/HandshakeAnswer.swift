import NIOCore
import VoiceCore

/// The head of an HTTP/1.1 response, read strictly (RFC 9112): enough for the answer to a handshake.
struct HandshakeAnswer: Sendable, Equatable {
  var status: Int
  /// Names in lower case, in the order they came.
  var fields: [(name: String, value: String)]

  static let maxBytes = 16_384

  enum Parsing: Equatable {
    case head(HandshakeAnswer)
    case incomplete
    case invalid(String)
  }

  func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

  /// Takes the head from the front of `input`, and nothing of what follows it.
  ///
  /// - Parameter ofAnyHTTP1: takes HTTP/1.0 too, which proxies answer.
  static func parse(_ input: inout ByteBuffer, ofAnyHTTP1: Bool = false) -> Parsing {
    let view = input.readableBytesView.prefix(maxBytes)
    guard let end = endOfHead(view) else {
      return input.readableBytes >= maxBytes ? .invalid("The response's head is too large") : .incomplete
    }
    let text = view[view.startIndex..<end]
    input.moveReaderIndex(forwardBy: text.count + 4)
    guard text.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }) else {
      return .invalid("Control characters in the response's head")
    }
    let lines = lines(of: String(decoding: text, as: UTF8.self))
    guard let status = status(lines[0], ofAnyHTTP1: ofAnyHTTP1) else { return .invalid("Not an HTTP/1.1 response") }
    var head = HandshakeAnswer(status: status, fields: [])
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { return .invalid("A header field without a colon") }
      let name = String(line[..<colon])
      guard HeaderTokens.isToken(name) else { return .invalid("A header field's name is not a token") }
      head.fields.append((name.lowercased(), line[line.index(after: colon)...].utf8.withoutOuterBlanks))
    }
    return .head(head)
  }

  private static func endOfHead(_ bytes: ByteBufferView) -> Int? {
    var matched = 0
    let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    for (index, byte) in zip(bytes.indices, bytes) {
      matched = byte == end[matched] ? matched + 1 : byte == 0x0D ? 1 : 0
      if matched == 4 { return index - 3 }
    }
    return nil
  }

  /// Swift's `Character` takes CR and LF as one, and a lone one of them matches neither.
  private static func lines(of text: String) -> [Substring] { text.split(separator: "\r\n", omittingEmptySubsequences: false) }

  private static func status(_ line: Substring, ofAnyHTTP1: Bool) -> Int? {
    guard line.hasPrefix("HTTP/1.1 ") || ofAnyHTTP1 && line.hasPrefix("HTTP/1.0 ") else { return nil }
    let digits = line.dropFirst(9).prefix(3)
    guard digits.utf8.count == 3, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let status = Int(digits), status >= 100 else {
      return nil
    }
    let rest = line.dropFirst(12)
    return rest.isEmpty || rest.hasPrefix(" ") ? status : nil
  }

  static func == (left: HandshakeAnswer, right: HandshakeAnswer) -> Bool {
    left.status == right.status && left.fields.elementsEqual(right.fields, by: ==)
  }
}
