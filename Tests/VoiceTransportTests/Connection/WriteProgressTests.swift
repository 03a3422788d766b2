import Testing

@testable import VoiceTransport

struct WriteProgressTests {
  @Test func `a peer that takes what waited for it is alive, and what the network takes at once proves nothing`() {
    var progress = WriteProgress()
    #expect(!progress.hasProgressed(written: 100, buffered: 0))
    // Two pings to a peer that may be long gone: its network takes them.
    #expect(!progress.hasProgressed(written: 106, buffered: 0))
    #expect(!progress.hasProgressed(written: 1_000, buffered: 50_000))
    #expect(progress.hasProgressed(written: 9_000, buffered: 42_000))
    // The rest waits, and nothing of it goes.
    #expect(!progress.hasProgressed(written: 9_000, buffered: 42_006))
    #expect(progress.hasProgressed(written: 51_006, buffered: 0))
  }
}
