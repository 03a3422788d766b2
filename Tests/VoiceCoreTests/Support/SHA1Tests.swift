import Testing
import VoiceCore

@Suite struct SHA1Tests {
  private func hex(_ text: String) -> String { SHA1.hexadecimal(text.utf8) }

  @Test func `the RFC's test vectors`() {
    #expect(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
    #expect(hex(String(repeating: "a", count: 1_000)) == "291e9a6c66994949b57ba5e650361e98fc36b1ba")
    #expect(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
  }

  @Test(arguments: [55, 56, 57, 63, 64, 65]) func `padding at the edge of a block`(count: Int) {
    #expect(Set([hex(String(repeating: "a", count: count)), hex(String(repeating: "a", count: count + 1))]).count == 2)
    #expect(SHA1.hash([UInt8](repeating: 0, count: count)).count == 20)
  }
}
