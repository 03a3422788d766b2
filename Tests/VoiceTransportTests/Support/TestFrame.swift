import NIOCore

/// A frame written by the book, or against it: the reference that the parser is compared with.
struct TestFrame {
  var opcode: UInt8
  var payload: [UInt8] = []
  var isFinal = true
  var reserved: UInt8 = 0
  /// `nil` for a frame of a server.
  var key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]
  /// Overrides the bytes of the length; the mask bit is added.
  var lengthBytes: [UInt8]?

  static func text(_ text: String, isFinal: Bool = true) -> TestFrame { TestFrame(opcode: 1, payload: Array(text.utf8), isFinal: isFinal) }
  static func binary(_ payload: [UInt8], isFinal: Bool = true) -> TestFrame { TestFrame(opcode: 2, payload: payload, isFinal: isFinal) }
  static func more(_ text: String, isFinal: Bool = true) -> TestFrame { TestFrame(opcode: 0, payload: Array(text.utf8), isFinal: isFinal) }
  static func ping(_ text: String = "") -> TestFrame { TestFrame(opcode: 9, payload: Array(text.utf8)) }
  static func pong(_ text: String = "") -> TestFrame { TestFrame(opcode: 10, payload: Array(text.utf8)) }
  static func close(_ code: UInt16, _ reason: String = "") -> TestFrame {
    TestFrame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
  }

  var unmasked: TestFrame {
    var frame = self
    frame.key = nil
    return frame
  }

  var bytes: [UInt8] {
    var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
    let mask: UInt8 = key == nil ? 0 : 0x80
    if let lengthBytes {
      bytes += [lengthBytes[0] | mask] + lengthBytes.dropFirst()
    } else if payload.count < 126 {
      bytes.append(mask | UInt8(payload.count))
    } else if payload.count < 65_536 {
      bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    } else {
      bytes.append(mask | 127)
      for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload.count >> shift & 0xFF)) }
    }
    guard let key else { return bytes + payload }
    return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
  }
}

extension ByteBuffer {
  init(_ frames: TestFrame...) { self.init(bytes: frames.flatMap(\.bytes)) }
}
