import NIOCore
import Testing

@testable import VoiceCore

/// How much of the answers was heard when the user speaks over them.
struct PlaybackTests {
  private let start = NIODeadline.uptimeNanoseconds(10_000_000_000)

  private func cut(_ item: String, _ milliseconds: Int, contentIndex: Int = 0) -> ControlEvent.Truncation {
    ControlEvent.Truncation(item: item, contentIndex: contentIndex, audioEndMilliseconds: milliseconds)
  }

  @Test func `an answer is cut where the client says it was heard to, and where it has got since`() {
    var playback = PlaybackStateMachine()
    playback.audioArrived(item: "a", contentIndex: 0, milliseconds: 500, at: start)
    playback.audioArrived(item: "a", contentIndex: 0, milliseconds: 500, at: start)
    playback.reported(item: "a", milliseconds: 420, at: start + .milliseconds(420))
    #expect(playback.interrupted(at: start + .milliseconds(450)) == [cut("a", 450)])
    #expect(playback.interrupted(at: start + .milliseconds(460)).isEmpty)
    #expect(playback.length(of: "a") == 1_000)
  }

  @Test func `what stands behind the item that is being played is as good as unheard`() {
    var playback = PlaybackStateMachine()
    playback.audioArrived(item: "a", contentIndex: 0, milliseconds: 10_000, at: start)
    playback.audioArrived(item: "b", contentIndex: 0, milliseconds: 8_000, at: start)
    playback.reported(item: "a", milliseconds: 800, at: start + .milliseconds(900))
    #expect(playback.interrupted(at: start + .milliseconds(900)) == [cut("a", 800), cut("b", 1)])
  }

  @Test func `an item is played when the one before is over, and a late report of that one changes nothing`() {
    var playback = PlaybackStateMachine()
    playback.audioArrived(item: "a", contentIndex: 0, milliseconds: 1_000, at: start)
    playback.reported(item: "a", milliseconds: 0, at: start)
    playback.audioArrived(item: "b", contentIndex: 1, milliseconds: 2_000, at: start + .milliseconds(100))
    var reported = playback
    #expect(playback.interrupted(at: start + .milliseconds(1_321)) == [cut("b", 321, contentIndex: 1)])
    reported.reported(item: "b", milliseconds: 50, at: start + .milliseconds(1_300))
    reported.reported(item: "a", milliseconds: 700, at: start + .milliseconds(1_310))
    #expect(reported.interrupted(at: start + .milliseconds(1_300)) == [cut("b", 50, contentIndex: 1)])
  }

  @Test func `nothing is cut past the end, nor for a client that never reports, and a number beyond all sense is survived`() {
    var playback = PlaybackStateMachine()
    playback.audioArrived(item: "a", contentIndex: 0, milliseconds: 100, at: start)
    #expect(playback.interrupted(at: start + .milliseconds(50)).isEmpty)
    playback.audioArrived(item: "b", contentIndex: 0, milliseconds: 100, at: start)
    playback.reported(item: "b", milliseconds: 9e15, at: start)
    #expect(playback.interrupted(at: start).isEmpty)
    playback.audioArrived(item: "c", contentIndex: 0, milliseconds: 100, at: start)
    playback.reported(item: "c", milliseconds: -9e15, at: start)
    #expect(playback.interrupted(at: start) == [cut("c", 1)])
  }

  @Test func `of an answer only the first delta is walked, and what differs is seen`() {
    var reader = AudioDeltaReader()
    func delta(_ event: String, _ item: String, _ audio: String, tail: String = "") -> ByteBuffer {
      ByteBuffer(
        string: """
          {"type":"response.output_audio.delta","event_id":"\(event)","response_id":"r","item_id":"\(item)","output_index":0,\
          "content_index":0,"delta":"\(audio)"\(tail)}
          """)
    }
    #expect(reader.characters(in: delta("event_1", "a", "AAAA")) == 4)
    #expect(reader.characters(in: delta("event_2", "a", "AAAAAAAA")) == 8)
    #expect(reader.characters(in: delta("event_10", "a", "AAAAAAAAAAAA")) == 12)
    #expect(reader.delta == AudioDeltaReader.Delta(response: "r", item: "a", contentIndex: 0))
    #expect(reader.characters(in: delta("event_11", "b", "AAAA")) == 4)
    #expect(reader.delta?.item == "b")
    #expect(reader.characters(in: ByteBuffer(string: #"{"delta":"AAAA","item_id":"c","event_id":"e"}"#)) == 4)
    #expect(reader.characters(in: ByteBuffer(string: #"{"delta":"AA","item_id":"d","event_id":"e"}"#)) == 2)
    #expect(reader.delta?.item == "d")
    #expect(reader.characters(in: ByteBuffer(string: #"{"delta":"AAAA"}"#)) == 4 && reader.delta?.item == nil)
    for broken in ["", "{", "[]", #"{"item_id":"a","delta":7}"#] {
      #expect(reader.characters(in: ByteBuffer(string: broken)) == nil)
    }
  }

  /// Ids of equal length, wherever they stand in the event.
  @Test(arguments: [
    #"{"type":"response.output_audio.delta","event_id":"EV","delta":"AAAA","response_id":"R","item_id":"I"}"#,
    #"{"type":"response.output_audio.delta","delta":"AAAA","response_id":"R","item_id":"I"}"#,
    #"{"type":"response.output_audio.delta","response_id":"R","item_id":"I","event_id":"EV","delta":"AAAA"}"#,
    #"{"delta":"AAAA","event_id":"EV","type":"response.output_audio.delta","item_id":"I","response_id":"R"}"#,
    #"{"type":"response.output_audio.delta","item_id":"I","delta":"AAAA","event_id":"EV","response_id":"R"}"#,
  ]) func `a delta belongs to the item and the response that it names`(template: String) {
    var reader = AudioDeltaReader()
    for (number, id) in ["r1", "r1", "r2", "r1", "r2", "r2"].enumerated() {
      let event = template.replacing("EV", with: "e\(number)").replacing("\"R\"", with: "\"\(id)\"").replacing("\"I\"", with: "\"i\(id)\"")
      let characters = reader.characters(in: ByteBuffer(string: event))
      #expect(characters == 4)
      #expect(reader.delta == AudioDeltaReader.Delta(response: id, item: "i\(id)", contentIndex: 0))
    }
  }
}
