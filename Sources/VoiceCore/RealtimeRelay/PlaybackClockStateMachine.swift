import NIOCore

/// How much of an answer the user has heard: what a barge-in is to leave of it in the conversation.
///
/// Fed by the client's `voice.playback`; between the first audio and the first report, paced from that first audio. A client
/// that never reports truncates by itself.
struct PlaybackClockStateMachine {
  /// `conversation.item.truncate` for the item that was cut off.
  struct Truncation: Equatable {
    var item: String
    var contentIndex: Int
    /// At least 1, at most what exists.
    var audioEndMilliseconds: Int
  }

  private struct Playing {
    var item: String
    var contentIndex: Int
    var receivedMilliseconds: Double
    var firstAudioAt: NIODeadline
    var reportedMilliseconds: Double?
  }

  private var playing: Playing?
  private var clientReports = false

  /// Audio of an assistant's item was sent to the client.
  mutating func audioArrived(item: String, contentIndex: Int, milliseconds: Double, at now: NIODeadline) {
    if playing?.item == item, playing?.contentIndex == contentIndex {
      playing?.receivedMilliseconds += milliseconds
    } else {
      playing = Playing(item: item, contentIndex: contentIndex, receivedMilliseconds: milliseconds, firstAudioAt: now)
    }
  }

  /// The client said how much of `item` was really played.
  mutating func reported(item: String, milliseconds: Double) {
    clientReports = true
    if playing?.item == item { playing?.reportedMilliseconds = milliseconds }
  }

  /// The user began to speak. Nil when all was heard, nothing was heard, or truncation is the client's.
  mutating func interrupted(at now: NIODeadline) -> Truncation? {
    guard clientReports, let cut = playing else { return nil }
    playing = nil
    let heard = cut.reportedMilliseconds ?? Double((now - cut.firstAudioAt).nanoseconds) / 1_000_000
    guard heard >= 1, heard < cut.receivedMilliseconds else { return nil }
    return Truncation(item: cut.item, contentIndex: cut.contentIndex, audioEndMilliseconds: Int(heard))
  }
}
