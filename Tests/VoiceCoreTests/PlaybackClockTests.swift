import NIOCore
import Testing

@testable import VoiceCore

struct PlaybackClockTests {
  private let start = NIODeadline.uptimeNanoseconds(0)

  @Test func `an answer is cut where the client says it was heard to`() {
    var clock = PlaybackClockStateMachine()
    clock.audioArrived(item: "a", contentIndex: 0, milliseconds: 500, at: start)
    clock.audioArrived(item: "a", contentIndex: 0, milliseconds: 500, at: start)
    clock.reported(item: "a", milliseconds: 420.7)
    #expect(clock.interrupted(at: start + .seconds(9)) == .init(item: "a", contentIndex: 0, audioEndMilliseconds: 420))
    #expect(clock.interrupted(at: start + .seconds(9)) == nil)
  }

  @Test func `before the first report of an item it is paced from its first audio`() {
    var clock = PlaybackClockStateMachine()
    clock.audioArrived(item: "a", contentIndex: 0, milliseconds: 100, at: start)
    clock.reported(item: "a", milliseconds: 100)
    clock.audioArrived(item: "b", contentIndex: 1, milliseconds: 2_000, at: start)
    #expect(clock.interrupted(at: start + .milliseconds(321)) == .init(item: "b", contentIndex: 1, audioEndMilliseconds: 321))
  }

  @Test func `nothing is cut at 0, past the end, or for a client that never reports`() {
    var clock = PlaybackClockStateMachine()
    clock.audioArrived(item: "a", contentIndex: 0, milliseconds: 100, at: start)
    #expect(clock.interrupted(at: start + .milliseconds(50)) == nil)
    clock.reported(item: "a", milliseconds: 0)
    #expect(clock.interrupted(at: start + .milliseconds(50)) == nil)
    clock.audioArrived(item: "c", contentIndex: 0, milliseconds: 100, at: start)
    clock.reported(item: "c", milliseconds: 100)
    #expect(clock.interrupted(at: start) == nil)
    #expect(clock.interrupted(at: start) == nil)
  }
}
