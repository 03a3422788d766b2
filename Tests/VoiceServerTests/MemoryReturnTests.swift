import Testing

@testable import VoiceServer

struct MemoryReturnTests {
  @Test func `memory is returned where the process has grown since it last was`() {
    var rule = MemoryReturn.Rule()
    let mebibyte = 1 << 20
    #expect(!rule.isDue(resident: 10 * mebibyte))
    #expect(rule.isDue(resident: 40 * mebibyte))
    rule.returned(resident: 38 * mebibyte)
    #expect(!rule.isDue(resident: 50 * mebibyte))
    #expect(rule.isDue(resident: 55 * mebibyte))
  }

  @Test func `a process that shrank is measured from where it is now`() {
    var rule = MemoryReturn.Rule()
    rule.returned(resident: 400 << 20)
    rule.observed(resident: 50 << 20)
    #expect(rule.isDue(resident: 70 << 20))
  }
}
