/// ITU-T G.711: eight bits a sample, on a scale that is near to logarithmic.
enum G711 {
  static func fromMulaw(_ byte: UInt8) -> Int16 {
    let value = ~byte
    let magnitude = ((Int(value & 0x0F) << 3) + 0x84) << Int((value & 0x70) >> 4)
    return Int16(value & 0x80 != 0 ? 0x84 - magnitude : magnitude - 0x84)
  }

  static func mulaw(_ sample: Int16) -> UInt8 {
    let magnitude = min(Int(sample.magnitude), 32_635) + 0x84
    let exponent = Int.bitWidth - 1 - magnitude.leadingZeroBitCount - 7
    let mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~UInt8((sample < 0 ? 0x80 : 0) | exponent << 4 | mantissa)
  }

  static func fromAlaw(_ byte: UInt8) -> Int16 {
    let value = byte ^ 0x55
    let exponent = Int((value & 0x70) >> 4)
    var magnitude = Int(value & 0x0F) << 4 + 8
    if exponent > 0 { magnitude = (magnitude + 0x100) << (exponent - 1) }
    return Int16(value & 0x80 != 0 ? magnitude : -magnitude)
  }

  static func alaw(_ sample: Int16) -> UInt8 {
    var value = (sample < 0 ? ~Int(sample) : Int(sample)) >> 4
    if value > 15 {
      var exponent = 1
      while value > 31 {
        value >>= 1
        exponent += 1
      }
      value += (exponent << 4) - 16
    }
    return UInt8(value | (sample < 0 ? 0 : 0x80)) ^ 0x55
  }

  /// The energy of each byte, for detectors that need no samples.
  static let mulawSquares: [Int32] = (0...255).map { square(fromMulaw(UInt8($0))) }
  static let alawSquares: [Int32] = (0...255).map { square(fromAlaw(UInt8($0))) }

  private static func square(_ sample: Int16) -> Int32 { Int32(sample) * Int32(sample) }
}
