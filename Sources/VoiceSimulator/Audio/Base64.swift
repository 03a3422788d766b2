import NIOCore

/// Base64 (RFC 4648 section 4), by a table: thousands of audio events a second pass here.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
    return values
  }()

  /// Nil where the text is no base64 with its padding.
  static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count.isMultiple(of: 4) else { return nil }
    guard !text.isEmpty else { return [] }
    let padding = text[text.count - 1] != UInt8(ascii: "=") ? 0 : text[text.count - 2] != UInt8(ascii: "=") ? 1 : 2
    let full = padding == 0 ? text.count : text.count - 4
    var invalid: UInt8 = 0
    let decoded = values.withUnsafeBufferPointer { values in
      [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { room, count in
        for start in stride(from: 0, to: full, by: 4) {
          let (a, b) = (values[Int(text[start])], values[Int(text[start + 1])])
          let (c, d) = (values[Int(text[start + 2])], values[Int(text[start + 3])])
          invalid |= a | b | c | d
          room[count] = a << 2 | b >> 4
          room[count + 1] = b << 4 | c >> 2
          room[count + 2] = c << 6 | d
          count += 3
        }
        guard padding > 0 else { return }
        let (a, b) = (values[Int(text[full])], values[Int(text[full + 1])])
        let c = padding == 1 ? values[Int(text[full + 2])] : 0
        invalid |= a | b | c
        room[count] = a << 2 | b >> 4
        count += 1
        if padding == 1 {
          room[count] = b << 4 | c >> 2
          count += 1
        }
      }
    }
    // Only the mark of a letter that is none sets the two high bits.
    return invalid & 0xC0 == 0 ? decoded : nil
  }

  static func encode(_ bytes: ArraySlice<UInt8>) -> ByteBuffer {
    let length = (bytes.count + 2) / 3 * 4
    var result = ByteBuffer()
    result.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { room in
      bytes.withUnsafeBufferPointer { bytes in
        alphabet.withUnsafeBufferPointer { alphabet in encode(bytes, alphabet, into: room) }
      }
      return length
    }
    return result
  }

  private static func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, _ alphabet: UnsafeBufferPointer<UInt8>, into room: UnsafeMutableRawBufferPointer
  ) {
    let pad = UInt8(ascii: "=")
    var place = 0
    for index in stride(from: 0, to: bytes.count, by: 3) {
      let rest = bytes.count - index
      let (a, b, c) = (bytes[index], rest > 1 ? bytes[index + 1] : 0, rest > 2 ? bytes[index + 2] : 0)
      room[place] = alphabet[Int(a >> 2)]
      room[place + 1] = alphabet[Int(a << 4 & 0x30 | b >> 4)]
      room[place + 2] = rest > 1 ? alphabet[Int(b << 2 & 0x3C | c >> 6)] : pad
      room[place + 3] = rest > 2 ? alphabet[Int(c & 0x3F)] : pad
      place += 4
    }
  }
}
