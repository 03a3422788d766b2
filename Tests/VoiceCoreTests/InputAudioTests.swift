import NIOCore
import Testing
import VoiceTesting

@testable import VoiceCore

/// What a new upstream is to hear of the words that the lost one took with it.
struct InputAudioTests {
  private var input = InputAudioReplayBuffer(limits: .init(bytes: 1_000))

  private func message(_ number: Int) -> RealtimeMessage { RealtimeMessage(ByteBuffer(string: "\(number)")) }

  private mutating func append(_ numbers: ClosedRange<Int>) {
    for number in numbers { input.appended(message(number), seconds: 0.25) }
  }

  private mutating func replayed() -> [Int] { input.upstreamReplaced().compactMap { Int(String(buffer: $0.message.bytes)) } }

  @Test mutating func `while nobody speaks the last two seconds are kept`() {
    append(1...100)
    #expect(replayed() == Array(93...100))
    #expect(!input.willBeCommitted)
  }

  @Test mutating func `words are kept from two seconds before they were noticed`() {
    append(1...10)
    input.speechStarted()
    append(11...40)
    #expect(input.willBeCommitted)
    #expect(replayed() == Array(3...40))
  }

  @Test mutating func `no more than ten seconds are kept, and no more bytes than allowed`() {
    input.speechStarted()
    append(100...200)
    #expect(replayed() == Array(161...200))
    for _ in 0..<10 { input.appended(RealtimeMessage(ByteBuffer(repeating: 0, count: 300)), seconds: 0.25) }
    #expect(input.bytes == 900)
  }

  @Test mutating func `what is an item with its text is not said again, but for what was on its way`() {
    input.speechStarted()
    append(1...20)
    input.committed(item: "i", isAwaited: false)
    #expect(!input.willBeCommitted)
    append(21...22)
    #expect(replayed() == [20, 21, 22])
  }

  @Test mutating func `an item whose transcript is missing is said again`() {
    input.speechStarted()
    append(1...20)
    input.committed(item: "i", isAwaited: true)
    append(21...30)
    #expect(input.willBeCommitted)
    #expect(replayed() == Array(1...30))
    // Nor is it forgotten before the next upstream made an item of it.
    append(31...40)
    #expect(replayed() == Array(1...40))
    input.committed(item: "j", isAwaited: true)
    input.transcribed(item: "j")
    #expect(replayed() == [40])
  }

  @Test mutating func `a burst of two turns is an item turn by turn`() {
    input.speechStarted()
    append(1...20)
    input.committed(item: "i", isAwaited: true)
    input.speechStarted()
    append(21...40)
    #expect(replayed() == Array(1...40))
    // All of it was sent at once, and is heard from its beginning: 5 s of 10.
    input.speechStopped(at: 5.0)
    input.committed(item: "j", isAwaited: true)
    input.transcribed(item: "j")
    input.speechStarted()
    #expect(replayed() == Array(21...40))
  }

  @Test mutating func `one short word without a transcript is said again too`() {
    input.speechStarted()
    append(1...1)
    input.committed(item: "i", isAwaited: true)
    #expect(input.willBeCommitted)
    #expect(replayed() == [1])
  }

  @Test mutating func `a transcript that comes late leaves the words after it`() {
    input.speechStarted()
    append(1...10)
    input.committed(item: "i", isAwaited: true)
    input.speechStarted()
    append(11...30)
    input.transcribed(item: "i")
    #expect(replayed() == Array(10...30))
  }

  @Test mutating func `transcripts out of order drop nothing that is still missing`() {
    input.speechStarted()
    append(1...10)
    input.committed(item: "i", isAwaited: true)
    append(11...20)
    input.committed(item: "j", isAwaited: true)
    input.transcribed(item: "j")
    #expect(input.willBeCommitted)
    input.transcribed(item: "i")
    #expect(!input.willBeCommitted)
    #expect(replayed() == [20])
  }

  @Test mutating func `what was answered is not said again, whatever became of its transcript`() {
    input.speechStarted()
    append(1...10)
    input.committed(item: "i", isAwaited: true)
    input.answerBegan()
    append(11...20)
    // Words that the answer does not know of.
    input.committed(item: "j", isAwaited: true)
    input.answered()
    #expect(input.willBeCommitted)
    #expect(replayed() == Array(10...20))
  }

  @Test mutating func `a client that ends its turns itself has its commit said again too`() {
    input.isManual = true
    append(1...10)
    input.commitRequested(message(-1))
    append(11...12)
    #expect(replayed() == Array(1...10) + [-1, 11, 12])
    input.committed(item: "i", isAwaited: false)
    #expect(replayed() == [11, 12])
    #expect(!input.willBeCommitted)
  }

  @Test mutating func `a commit of nothing leaves no trace`() {
    input.isManual = true
    input.commitRequested(message(-1))
    append(1...2)
    #expect(replayed() == [1, 2])
    input.commitRequested(message(-2))
    input.commitFailed()
    #expect(replayed() == [1, 2])
  }

  @Test mutating func `what the client clears is not said again`() {
    input.speechStarted()
    append(1...10)
    input.committed(item: "i", isAwaited: true)
    append(11...20)
    input.clearRequested()
    #expect(replayed() == Array(1...10))
  }

  @Test mutating func `upstream's word on where the turn ended is exact, however late it comes`() {
    append(1...8)
    input.speechStarted()
    append(9...30)
    input.speechStopped(at: 5.0)
    input.committed(item: "i", isAwaited: false)
    // What follows it may not have been heard yet.
    #expect(replayed() == Array(21...30))
    // The next upstream counts from what it was given.
    input.speechStarted()
    append(31...40)
    input.speechStopped(at: 3.0)
    input.committed(item: "j", isAwaited: false)
    #expect(replayed() == Array(33...40))
  }

  @Test mutating func `a word on where the turn ended that cannot be is not believed`() {
    input.speechStarted()
    append(1...20)
    input.speechStopped(at: 90)
    input.committed(item: "i", isAwaited: false)
    #expect(replayed() == [20])
  }

  @Test(arguments: [
    (#"{"type":"input_audio_buffer.append","audio":"AAAAAAAA"}"#, 6), (#"{"type":"input_audio_buffer.append","audio":"AAAAAA=="}"#, 4),
    (#"{"event_id":"e","type":"input_audio_buffer.append","audio":"AAAA"}"#, 3), (#"{"audio":"AAAA","type":"x"}"#, 3),
    (#"{"type":"input_audio_buffer.append"}"#, 0), (#"{"type": "input_audio_buffer.append", "audio": "AAAAAAA="}"#, 5),
    (#"{"type": "input_audio_buffer.append"}"#, 0), (#"{"type":"input_audio_buffer.append","event_id":"e1","audio":"AAAAAA=="}"#, 4),
    (#"{"event_id":"\"audio\":\"AAAAAAAA","type":"x","audio":"AAAA"}"#, 3), (#"{"audio":"AAAA","y":"z"}"#, 3), (#"{"audio":""}"#, 0),
    (#"{"type":"x","audio" : "AAAA"}"#, 3), (#"{"a":1,"audio":"}"#, 0),
  ])
  func `the audio of an append is counted without what is around it`(text: String, bytes: Int) {
    #expect(RealtimeMessage(ByteBuffer(string: text)).appendedAudioBytes == bytes)
  }
}
