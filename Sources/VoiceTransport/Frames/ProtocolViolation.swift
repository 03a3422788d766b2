import VoiceCore

/// Violation of the protocol by the peer, as the close frame that answers it (RFC 6455 section 7.4.1).
struct ProtocolViolation: Error, Sendable, Equatable {
  var closure: WebSocketClosure

  private init(_ code: UInt16, _ reason: String) { closure = WebSocketClosure(code: code, reason: reason) }

  static let reservedBits = Self(1002, "Reserved bits are set")
  static let reservedOpcode = Self(1002, "Reserved opcode")
  static let unmasked = Self(1002, "Client frames must be masked")
  static let masked = Self(1002, "Server frames must not be masked")
  static let longLength = Self(1002, "Length is not in its shortest form")
  static let hugeLength = Self(1002, "Length has its top bit set")
  static let fragmentedControl = Self(1002, "Control frames must not be fragmented")
  static let longControl = Self(1002, "Control frames carry at most 125 bytes")
  static let strayContinuation = Self(1002, "Continuation without a message")
  static let interleaved = Self(1002, "A message began inside another")
  static let closePayload = Self(1002, "Bad close payload")
  static let closeCode = Self(1002, "Bad close code")
  static let invalidUTF8 = Self(1007, "Invalid UTF-8")
  static let tooLarge = Self(1009, "Message too large")
  static let tooManyFragments = Self(1008, "Too many fragments")
}
