import Testing

@testable import VoiceServer

struct AffinityTests {
  @Test(arguments: [("0", 1), ("0-3", 4), ("0-3,8", 5), ("2,4-5,7", 4), ("", nil), ("a", nil), ("3-1", nil), ("1,,2", nil)])
  func `cores are counted by the list that the system gives`(list: String, cores: Int?) {
    #expect(Affinity.count(of: list) == cores)
  }
}
