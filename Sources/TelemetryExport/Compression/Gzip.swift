/// Compresses in the gzip format (RFC 1952) with LZ77 and the fixed Huffman codes of DEFLATE (RFC 1951 section 3.2.6).
///
/// Made for bodies of JSON of some kilobytes: it needs no library and no tables of its own, and leaves about a third.
public enum Gzip {
  /// Returns the bytes as a gzip stream.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    out.reserveCapacity(bytes.count / 2 + 32)
    var bits = BitWriter(out)
    deflate(bytes, into: &bits)
    out = bits.finish()
    for word in [crc32(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
      for shift in stride(from: 0, to: 32, by: 8) { out.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return out
  }

  private static let window = 32_768
  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthExtraBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385,
    24577,
  ]

  /// One block, the last one.
  private static func deflate(_ bytes: [UInt8], into out: inout BitWriter) {
    out.write(0b011, bits: 3)
    // Where three bytes of this hash stood last.
    var heads = [Int](repeating: -1, count: 1 << 13)
    var position = 0
    while position < bytes.count {
      var match = 0
      var distance = 0
      if position + 3 <= bytes.count {
        let hash = hash(bytes, position)
        let candidate = heads[hash]
        heads[hash] = position
        if candidate >= 0, position - candidate <= window {
          let limit = min(258, bytes.count - position)
          while match < limit, bytes[candidate + match] == bytes[position + match] { match += 1 }
          distance = position - candidate
        }
      }
      if match >= 4 {
        writeMatch(length: match, distance: distance, into: &out)
        for index in position + 1..<position + match where index + 3 <= bytes.count { heads[hash(bytes, index)] = index }
        position += match
      } else {
        writeSymbol(Int(bytes[position]), into: &out)
        position += 1
      }
    }
    writeSymbol(256, into: &out)
  }

  private static func hash(_ bytes: [UInt8], _ at: Int) -> Int {
    let word = UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
    return Int((word &* 2_654_435_761) >> 19)
  }

  private static func writeMatch(length: Int, distance: Int, into out: inout BitWriter) {
    let lengthCode = lengthBases.lastIndex { $0 <= length } ?? 0
    writeSymbol(257 + lengthCode, into: &out)
    out.write(length - lengthBases[lengthCode], bits: lengthExtraBits[lengthCode])
    let distanceCode = distanceBases.lastIndex { $0 <= distance } ?? 0
    out.writeReversed(distanceCode, bits: 5)
    out.write(distance - distanceBases[distanceCode], bits: distanceCode < 4 ? 0 : distanceCode / 2 - 1)
  }

  private static func writeSymbol(_ symbol: Int, into out: inout BitWriter) {
    switch symbol {
    case 0..<144: out.writeReversed(0x30 + symbol, bits: 8)
    case 144..<256: out.writeReversed(0x190 + symbol - 144, bits: 9)
    case 256..<280: out.writeReversed(symbol - 256, bits: 7)
    default: out.writeReversed(0xC0 + symbol - 280, bits: 8)
    }
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var table = [UInt32](repeating: 0, count: 256)
    for index in 0..<256 {
      var word = UInt32(index)
      for _ in 0..<8 { word = word & 1 == 1 ? 0xEDB8_8320 ^ (word >> 1) : word >> 1 }
      table[index] = word
    }
    return ~bytes.reduce(0xFFFF_FFFF) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ ($0 >> 8) }
  }
}
