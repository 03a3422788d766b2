/// The slot of a key in a cluster: CRC-16/XMODEM of the key, or of its hash tag, modulo 16,384.
///
/// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
enum RedisKeySlot {
  static let count = 16_384

  static func of(_ key: String) -> Int {
    var key = key
    return key.withUTF8 { bytes in
      var tag = bytes[...]
      if let open = bytes.firstIndex(of: UInt8(ascii: "{")), let close = bytes[(open + 1)...].firstIndex(of: UInt8(ascii: "}")),
        close > open + 1
      {
        tag = bytes[(open + 1)..<close]
      }
      return Int(tag.reduce(UInt16(0)) { ($0 << 8) ^ table[Int(($0 >> 8) ^ UInt16($1))] }) % count
    }
  }

  private static let table: [UInt16] = (0..<256).map { index in
    (0..<8).reduce(UInt16(index) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : (crc << 1) ^ 0x1021 }
  }
}
