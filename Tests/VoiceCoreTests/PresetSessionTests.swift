import Testing
import VoiceCore

/// A session that a client secret was minted for.
struct PresetSessionTests {
  @Test func `a preset is what a session update takes, without the model`() throws {
    let preset = try #require(
      PresetSession(
        json: #"{"type":"realtime","model":"m","id":"sess_1","object":"realtime.session","instructions":"be \"brief\"","n":1.50}"#))
    #expect(preset.json == #"{"type":"realtime","instructions":"be \"brief\"","n":1.50}"#)
    #expect(preset.model == "m" && !preset.isTranscription)
    #expect(PresetSession(json: #"{"type":"transcription"}"#)?.isTranscription == true)
    #expect(PresetSession(json: #"{"type":"realtime","model":"m"}"#)?.json == nil, "it asks for nothing")
    #expect(PresetSession(json: "[]") == nil)
  }
}
