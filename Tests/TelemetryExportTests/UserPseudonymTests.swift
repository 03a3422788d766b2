import Testing

@testable import TelemetryExport

@Suite struct UserPseudonymTests {
  private func hex(_ bytes: [UInt8]) -> String { bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `SHA-256 of FIPS 180-4`(text: String, digest: String) { #expect(hex(SHA256.hash(Array(text.utf8))) == digest) }

  @Test func `HMAC of RFC 4231, with a key longer than a block too`() {
    #expect(
      hex(SHA256.authenticationCode(of: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      hex(
        SHA256.authenticationCode(
          of: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8), key: [UInt8](repeating: 0xAA, count: 131)))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test func `one secret makes one name of a user, another secret another, and no name holds the user's`() {
    let (house, other) = (UserPseudonyms(secret: "house".utf8), UserPseudonyms(secret: "other".utf8))
    #expect(house.pseudonym(of: "ada@example.org") == UserPseudonyms(secret: "house".utf8).pseudonym(of: "ada@example.org"))
    #expect(house.pseudonym(of: "ada@example.org") != other.pseudonym(of: "ada@example.org"))
    #expect(house.pseudonym(of: "ada@example.org") != house.pseudonym(of: "bob@example.org"))
    #expect(house.pseudonym(of: "ada").description.wholeMatch(of: /user_[0-9a-f]{16}/) != nil)
  }

  @Test func `a text about a user is told with the pseudonym`() {
    let names = UserPseudonyms(secret: "house".utf8)
    #expect(names.replacing("ada@x.org", in: "for ada@x.org: 5/5") == "for \(names.pseudonym(of: "ada@x.org")): 5/5")
    #expect(names.replacing("a", in: "a plain text") == "a plain text")
  }
}
