import Testing

@testable import VoiceGateway

@Suite struct AddressBlockTests {
  @Test(arguments: [
    ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false),
    ("172.16.0.0/12", "172.31.255.255", true), ("172.16.0.0/12", "172.32.0.0", false), ("0.0.0.0/0", "8.8.8.8", true),
    ("0.0.0.0/0", "::1", false), ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
    ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("::1", "::1", true),
  ])
  func `a block holds the addresses of its prefix and no other`(block: String, address: String, isInside: Bool) throws {
    #expect(try #require(AddressBlock(block)).contains(address) == isInside)
  }

  @Test(arguments: ["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "10.0.0.0/-1", "host"])
  func `what is no block is refused`(text: String) {
    #expect(AddressBlock(text) == nil)
  }
}
