/// Base64url without padding (RFC 7515 section 2), and nothing that merely looks like it.
enum Base64URL {
  /// Nil on any byte outside the alphabet (padding and whitespace among them), on an impossible length, and on trailing
  /// bits that are not zero: each text stands for one value and each value for one text.
  static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    let sextets = sextets
    var isText = true
    let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 2) { bytes, count in
      var pending: UInt32 = 0
      var bits = 0
      for character in text {
        let value = sextets[Int(character)]
        isText = isText && value < 64
        pending = pending << 6 | UInt32(value & 63)
        bits += 6
        if bits >= 8 {
          bits -= 8
          bytes[count] = UInt8(truncatingIfNeeded: pending >> UInt32(bits))
          count += 1
        }
      }
      isText = isText && pending & (1 << UInt32(bits) - 1) == 0
    }
    return isText ? bytes : nil
  }

  static func encode(_ bytes: some Collection<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    var pending: UInt32 = 0
    var bits = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(alphabet[Int(pending >> UInt32(bits) & 63)])
      }
    }
    if bits > 0 { text.append(alphabet[Int(pending << UInt32(6 - bits) & 63)]) }
    return String(decoding: text, as: UTF8.self)
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static let sextets: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
    return table
  }()
}
