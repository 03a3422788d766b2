import Testing

@testable import VoiceTransport

struct WriteProgressTests {
  @Test func `a peer that takes what waited for it is alive, and what the network takes at once proves nothing`() {
    var progress = WriteProgress()
    var seen: [Bool] = []
    // Two pings to a peer that may be long gone: its network takes them. Then much waits, a part of it goes, nothing more, and the rest.
    for (written, buffered) in [(100, 0), (106, 0), (1_000, 50_000), (9_000, 42_000), (9_000, 42_006), (51_006, 0)] {
      seen.append(progress.hasProgressed(written: written, buffered: buffered))
    }
    #expect(seen == [false, false, false, true, false, true])
  }
}
