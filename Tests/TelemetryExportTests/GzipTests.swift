import Testing

@testable import TelemetryExport

@Suite struct GzipTests {
  @Test(arguments: [
    "", "a", "abcabcabcabcabcabc", String(repeating: "x", count: 100_000), #"{"event_id":"1","event_id_2":"1"}"#,
    (0..<2_000).map { #"{"name":"span \#($0)","start":\#($0 * 17)}"# }.joined(separator: ","),
    String((0..<255).map { Character(Unicode.Scalar($0)) }),
  ])
  func `what was compressed comes back`(text: String) throws {
    let bytes = Array(text.utf8)
    #expect(try Inflater.gunzip(Gzip.compress(bytes)) == bytes)
  }

  @Test func `random bytes come back too`() throws {
    var generator = SystemRandomNumberGenerator()
    for size in [1, 2, 3, 258, 259, 40_000] {
      let bytes = (0..<size).map { _ in UInt8.random(in: 0...(size > 300 ? 3 : 255), using: &generator) }
      #expect(try Inflater.gunzip(Gzip.compress(bytes)) == bytes)
    }
  }

  @Test func `JSON of some kilobytes shrinks to less than half`() {
    let text = (0..<50).map { #"{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","op":"voice.turn","timestamp":17952300\#($0)}"# }.joined()
    #expect(Gzip.compress(Array(text.utf8)).count < text.utf8.count / 2)
  }
}

/// Reads fixed Huffman blocks, written from RFC 1951 by itself so that it shares no table with what it checks.
private struct Inflater {
  struct Broken: Error {}
  private let bytes: [UInt8]
  private var bit: Int

  static func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
    guard bytes.count >= 18, Array(bytes.prefix(4)) == [0x1F, 0x8B, 8, 0] else { throw Broken() }
    var inflater = Inflater(bytes: bytes, bit: 80)
    let out = try inflater.inflate()
    let trailer = bytes.suffix(8).map { UInt32($0) }
    func word(_ at: Int) -> UInt32 { trailer[at] | trailer[at + 1] << 8 | trailer[at + 2] << 16 | trailer[at + 3] << 24 }
    guard (inflater.bit + 7) / 8 == bytes.count - 8, word(4) == UInt32(out.count), word(0) == checksum(out) else { throw Broken() }
    return out
  }

  private mutating func read(_ count: Int) throws -> Int {
    var value = 0
    for index in 0..<count {
      guard bit / 8 < bytes.count else { throw Broken() }
      value |= Int(bytes[bit / 8] >> UInt8(bit % 8) & 1) << index
      bit += 1
    }
    return value
  }

  private mutating func symbol() throws -> Int {
    var code = 0
    for length in 1...9 {
      code = code << 1 | (try read(1))
      if length == 7, code <= 0b0010111 { return 256 + code }
      if length == 8, (0b00110000...0b10111111).contains(code) { return code - 0b00110000 }
      if length == 8, (0b11000000...0b11000111).contains(code) { return 280 + code - 0b11000000 }
      if length == 9, (0b110010000...0b111111111).contains(code) { return 144 + code - 0b110010000 }
    }
    throw Broken()
  }

  private mutating func inflate() throws -> [UInt8] {
    guard try read(1) == 1, try read(2) == 1 else { throw Broken() }
    var out: [UInt8] = []
    while true {
      let symbol = try symbol()
      if symbol < 256 { out.append(UInt8(symbol)) }
      if symbol == 256 { return out }
      guard symbol > 256 else { continue }
      let length =
        switch symbol - 257 {
        case 28: 258
        case let code where code < 8: 3 + code
        case let code: 3 + (4 + (code & 3)) << (code / 4 - 1) + (try read(code / 4 - 1))
        }
      var code = 0
      for _ in 0..<5 { code = code << 1 | (try read(1)) }
      let distance = code < 4 ? 1 + code : 1 + (2 + (code & 1)) << (code / 2 - 1) + (try read(code / 2 - 1))
      guard distance <= out.count else { throw Broken() }
      for _ in 0..<length { out.append(out[out.count - distance]) }
    }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = .max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}
