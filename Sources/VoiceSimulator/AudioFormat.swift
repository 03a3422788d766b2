/// The three formats of Realtime audio.
enum AudioFormat: Equatable {
  case pcm16, mulaw, alaw

  init(_ format: JSON?) {
    switch format?["type"]?.string {
    case "audio/pcmu": self = .mulaw
    case "audio/pcma": self = .alaw
    default: self = .pcm16
    }
  }

  /// PCM16 is at 24 kHz, G.711 at 8 kHz.
  var samplesPerMillisecond: Int { self == .pcm16 ? 24 : 8 }
  var bytesPerSample: Int { self == .pcm16 ? 2 : 1 }

  func samples(_ bytes: [UInt8]) -> [Int16] {
    switch self {
    case .pcm16: (0..<(bytes.count / 2)).map { Int16(bitPattern: UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8) }
    case .mulaw: bytes.map(Self.fromMulaw)
    case .alaw: bytes.map(Self.fromAlaw)
    }
  }

  func bytes(_ samples: [Int16]) -> [UInt8] {
    switch self {
    case .pcm16: samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    case .mulaw: samples.map(Self.toMulaw)
    case .alaw: samples.map(Self.toAlaw)
    }
  }

  // ITU-T G.711.

  private static func fromMulaw(_ byte: UInt8) -> Int16 {
    let value = ~byte
    let magnitude = ((Int(value & 0x0F) << 3) + 0x84) << Int((value & 0x70) >> 4)
    return Int16(value & 0x80 != 0 ? 0x84 - magnitude : magnitude - 0x84)
  }

  private static func toMulaw(_ sample: Int16) -> UInt8 {
    let magnitude = min(Int(abs(Int32(sample))), 32_635) + 0x84
    let exponent = 7 - (magnitude & 0x7F80).leadingZeroBitCount + (Int.bitWidth - 15)
    let mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~UInt8((sample < 0 ? 0x80 : 0) | exponent << 4 | mantissa)
  }

  private static func fromAlaw(_ byte: UInt8) -> Int16 {
    let value = byte ^ 0x55
    let exponent = Int((value & 0x70) >> 4)
    var magnitude = Int(value & 0x0F) << 4 + 8
    if exponent > 0 { magnitude = (magnitude + 0x100) << (exponent - 1) }
    return Int16(value & 0x80 != 0 ? magnitude : -magnitude)
  }

  private static func toAlaw(_ sample: Int16) -> UInt8 {
    let magnitude = min(Int(abs(Int32(sample))), 32_767) >> 3
    var exponent = 0
    while exponent < 7, magnitude >= 32 << exponent { exponent += 1 }
    let mantissa = exponent == 0 ? magnitude >> 1 : (magnitude >> exponent) & 0x0F
    return UInt8((sample >= 0 ? 0x80 : 0) | exponent << 4 | mantissa) ^ 0x55
  }
}
