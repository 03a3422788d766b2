/// One WebSocket frame as a client sends it, by the book or against it. The key is all zeros: the payload stands as it is.
struct ClientFrame {
  var opcode: UInt8
  var payload: [UInt8] = []
  var isFinal = true
  var reserved: UInt8 = 0
  var isMasked = true

  static func text(_ text: String, isFinal: Bool = true) -> ClientFrame {
    ClientFrame(opcode: 1, payload: Array(text.utf8), isFinal: isFinal)
  }
  static func text(_ bytes: [UInt8], isFinal: Bool = true) -> ClientFrame { ClientFrame(opcode: 1, payload: bytes, isFinal: isFinal) }
  static func more(_ bytes: [UInt8], isFinal: Bool = true) -> ClientFrame { ClientFrame(opcode: 0, payload: bytes, isFinal: isFinal) }

  var bytes: [UInt8] { head + payload }

  /// Without the payload that it announces.
  var head: [UInt8] {
    let mask: UInt8 = isMasked ? 0x80 : 0
    var head = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
    switch payload.count {
    case ..<126: head.append(mask | UInt8(payload.count))
    case ..<65_536: head += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: head += [mask | 127] + stride(from: 56, through: 0, by: -8).map { UInt8(payload.count >> $0 & 0xFF) }
    }
    return isMasked ? head + [0, 0, 0, 0] : head
  }

  /// A close frame as a server sends it.
  static func serverClose(_ code: UInt16, _ reason: String) -> [UInt8] {
    [0x88, UInt8(2 + reason.utf8.count), UInt8(code >> 8), UInt8(code & 0xFF)] + reason.utf8
  }
}
