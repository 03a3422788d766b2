import Foundation
import Testing

@testable import VoiceRealtimeClient

struct ConversationTests {
  private var machine = ConversationStateMachine()

  private mutating func hear(_ json: String) throws -> [ConversationStateMachine.Action] {
    machine.received(try #require(ServerEvent(json)))
  }

  @Test("Words grow until they are final")
  mutating func words() throws {
    let delta = #"{"type":"conversation.item.input_audio_transcription.delta","item_id":"u1","delta":"What "}"#
    #expect(try hear(delta) == [.tell(.userSaid(item: "u1", text: "What ", isFinal: false))])
    #expect(
      try hear(delta.replacingOccurrences(of: "What ", with: "is")) == [.tell(.userSaid(item: "u1", text: "What is", isFinal: false))])
    #expect(
      try hear(#"{"type":"conversation.item.input_audio_transcription.completed","item_id":"u1","transcript":"What is it?"}"#)
        == [.tell(.userSaid(item: "u1", text: "What is it?", isFinal: true))])
  }

  @Test("Audio of an interrupted answer is dropped, and that of the next one is not")
  mutating func interruption() throws {
    let audio = #"{"type":"response.output_audio.delta","response_id":"r1","item_id":"a1","delta":"AAA="}"#
    _ = try hear(#"{"type":"response.created","response":{"id":"r1"}}"#)
    #expect(try hear(audio) == [.tell(.audio(item: "a1", pcm: Data([0, 0])))])
    #expect(try hear(#"{"type":"input_audio_buffer.speech_started"}"#) == [.silence, .tell(.userStartedSpeaking)])
    #expect(try hear(audio).isEmpty)
    _ = try hear(#"{"type":"response.created","response":{"id":"r2"}}"#)
    #expect(try hear(audio.replacingOccurrences(of: "r1", with: "r2")) == [.tell(.audio(item: "a1", pcm: Data([0, 0])))])
  }

  @Test("A token that expires is asked for")
  mutating func token() throws {
    let actions = try hear(#"{"type":"voice.session.notice","reason":"token_expiring","remaining_seconds":60,"message":"m"}"#)
    #expect(actions == [.refreshToken, .tell(.notice(reason: "token_expiring", message: "m"))])
  }

  @Test("Junk is passed over", arguments: ["", "[]", "3", "{}", #"{"type":3}"#])
  func junk(text: String) { #expect(ServerEvent(text) == nil) }

  @Test("A member of another shape costs the event nothing but that member")
  mutating func shapes() throws {
    #expect(try hear(#"{"type":"input_audio_buffer.speech_stopped","message":{"a":1}}"#) == [.tell(.userStoppedSpeaking)])
  }
}
