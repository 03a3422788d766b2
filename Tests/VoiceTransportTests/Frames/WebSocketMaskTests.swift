import NIOCore
import Testing
import VoiceTesting

@testable import VoiceTransport

@Suite struct WebSocketMaskTests {
  @Test(arguments: 0..<200) func `the fast copy does what the RFC's loop does, at every length and alignment`(count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    let key = (0..<4).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    let word = key.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
    for offset in 0..<9 {
      let source = (0..<count + offset).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      var target = [UInt8](repeating: 0xEE, count: count + 16)
      _ = source.withUnsafeBytes { source in
        target.withUnsafeMutableBytes { target in
          WebSocketMask.copy(UnsafeRawBufferPointer(rebasing: source[offset...]), to: target.baseAddress! + 3, key: word)
        }
      }
      #expect(Array(target[3..<3 + count]) == source[offset...].enumerated().map { $1 ^ key[$0 % 4] })
      #expect(target[..<3].allSatisfy { $0 == 0xEE } && target[(3 + count)...].allSatisfy { $0 == 0xEE }, "nothing else is touched")
    }
  }

  @Test(arguments: [1, 7, 8, 63, 64, 65, 200]) func `a single byte that is not ASCII is noticed, wherever it stands`(count: Int) {
    for place in 0..<count {
      var plain = [UInt8](repeating: 0x41, count: count)
      var target = plain
      let isASCII = { (bytes: [UInt8]) in
        bytes.withUnsafeBytes { source in target.withUnsafeMutableBytes { WebSocketMask.copy(source, to: $0.baseAddress!, key: 0) } }
      }
      #expect(isASCII(plain))
      plain[place] = 0x80
      #expect(!isASCII(plain))
    }
  }

  @Test func `a key goes on where the last piece left it`() {
    let key = [UInt8](arrayLiteral: 1, 2, 3, 4).withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
    for count in 0..<9 {
      let rotated = withUnsafeBytes(of: WebSocketMask.rotate(key, by: count)) { Array($0) }
      #expect(rotated == (0..<4).map { UInt8(($0 + count) % 4 + 1) })
    }
  }

  @Test func `a batch of keys is used up before the next is drawn`() {
    var draws = 0
    var keys = MaskingKeys { buffer in
      draws += 1
      for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: draws * 31 + index) }
    }
    let first = (0..<32).map { _ in keys.next() }
    #expect(draws == 1)
    #expect(Set(first).count == 32)
    _ = keys.next()
    #expect(draws == 2)
  }

  @Test func `keys of the system's randomness differ`() {
    var keys = MaskingKeys()
    #expect(Set((0..<100).map { _ in keys.next() }).count > 98)
  }
}
