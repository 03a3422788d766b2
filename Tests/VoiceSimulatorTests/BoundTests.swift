import NIOCore
import NIOPosix
import Testing
import VoiceCore

@testable import VoiceSimulator

/// What one client cannot make of the server, however much it sends.
@Suite(.timeLimit(.minutes(1))) struct BoundTests {
  private func answer(to text: String) -> (client: SimulatedClient, transcript: String) {
    var client = SimulatedClient()
    client.write(text)
    client.send(["type": "response.create"])
    client.pass(milliseconds: 600_000)
    let done = client.last("response.done")?["response"]?["output"]?.array?.first?["content"]?.array?.first
    return (client, done?["transcript"]?.string ?? "")
  }

  @Test(arguments: ["one more word ", "wordwithoutanend", "né ", "\u{0301}", "a.\n"])
  func `a long text is answered with a short one`(part: String) {
    let (client, transcript) = answer(to: String(repeating: part, count: 120_000 / part.utf8.count))
    #expect(!transcript.isEmpty && transcript.utf8.count < 1_500)
    let audio = client.events("response.output_audio.delta").reduce(0) { $0 + ($1["delta"]?.string?.utf8.count ?? 0) }
    #expect(audio < 40 << 20)
  }

  @Test func `a text over a mebibyte is refused, as the provider refuses one that is too long`() {
    let (client, _) = answer(to: String(repeating: "x", count: 1 << 20 + 1))
    #expect(client.errorCodes.first == "string_above_max_length")
  }

  @Test func `the words of a conversation are bounded: the oldest items go, the newest stays`() {
    var conversation = Conversation(maxAudioBytes: 1)
    let text = String(repeating: "word ", count: 200_000)
    for index in 0..<40 {
      let item = ConversationItem(id: "item_\(index)", json: ["content": [["text": .string(text)]]], words: text)
      conversation.insert(item, at: conversation.items.count)
    }
    #expect((2...8).contains(conversation.items.count) && conversation.items.last?.id == "item_39")
    _ = conversation.remove(at: 0)
    for _ in 0..<conversation.items.count { _ = conversation.remove(at: 0) }
    conversation.insert(ConversationItem(id: "last", json: [:]), at: 0)
    #expect(conversation.items.count == 1)
  }

  @Test func `a value that is not known is not echoed in full`() {
    var client = SimulatedClient()
    client.send(["type": .string(String(repeating: "y", count: 1 << 20))])
    #expect((client.texts.last?.utf8.count ?? .max) < 2_000)
  }

  @Test func `speech of a long text is cut, and made off the event loop`() async throws {
    let synthesizer = SpeechSynthesizer(voice: nil, pool: .singleton)
    let request = SpeechRequest(text: String(repeating: "more ", count: 100_000), voice: "marin", speed: 1, format: .pcm16)
    #expect(request.text.utf8.count == SpeechRequest.maxBytes)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let speech = try await loop.flatSubmit { synthesizer.speak(request, on: loop) }.get()
    #expect((60_000...180_000).contains(speech.milliseconds))
  }

  @Test func `with silence_duration_ms 0 speech ends with the first quiet frame, not with a loud one`() {
    var client = SimulatedClient()
    client.update(["audio": ["input": ["turn_detection": ["type": "server_vad", "silence_duration_ms": 0]]]])
    client.append(milliseconds: 1_000, isLoud: true)
    #expect(client.last("input_audio_buffer.speech_stopped") == nil)
    client.append(milliseconds: 100, isLoud: false)
    #expect(client.last("input_audio_buffer.speech_stopped") != nil)
  }

  @Test(arguments: ["é", "🎙", "a"])
  func `a cut never splits a character of Unicode`(letter: String) {
    for limit in 0..<9 {
      let cut = String(repeating: letter, count: 8).cut(toBytes: limit)
      #expect(cut.utf8.count <= limit && cut.unicodeScalars.allSatisfy { $0 != "\u{FFFD}" })
    }
  }
}
