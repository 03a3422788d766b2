import NIOCore

/// Playback of the answers: which audio was relayed, and how much of it the user has heard when a barge-in cuts it.
///
/// Items are played one after the other. Where they are is known from the client's `voice.playback`, and from the clock since the last
/// report. A client that never reports truncates by itself.
struct PlaybackStateMachine {
  private struct Track {
    var item: String
    var contentIndex: Int
    /// Milliseconds.
    var length: Double
    var firstAudioAt: NIODeadline
    /// Milliseconds that were played, as the client said, and when it said so.
    var report: (played: Double, at: NIODeadline)?
    /// The user spoke over it: nothing more of it is played.
    var isOver = false
  }

  private static let maxTracks = 32

  private var tracks: [Track] = []
  private var clientReports = false

  /// Audio of an assistant's item was sent to the client.
  mutating func audioArrived(item: String, contentIndex: Int, milliseconds: Double, at now: NIODeadline) {
    if let index = tracks.lastIndex(where: { $0.item == item && $0.contentIndex == contentIndex }) {
      tracks[index].length += milliseconds
    } else {
      tracks.append(Track(item: item, contentIndex: contentIndex, length: milliseconds, firstAudioAt: now))
      if tracks.count > Self.maxTracks { tracks.removeFirst() }
    }
  }

  /// The client said how much of `item` was really played.
  mutating func reported(item: String, milliseconds: Double, at now: NIODeadline) {
    clientReports = true
    guard let index = tracks.lastIndex(where: { $0.item == item }) else { return }
    // A report of an older item that comes late says nothing new.
    guard !tracks[(index + 1)...].contains(where: { $0.report != nil }) else { return }
    tracks[index].report = (max(0, milliseconds), now)
  }

  /// Milliseconds of audio that were relayed of an item; nil where none is known.
  func length(of item: String) -> Double? {
    let all = tracks.filter { $0.item == item }
    return all.isEmpty ? nil : all.reduce(0) { $0 + $1.length }
  }

  /// A cut of no more than was relayed; one of an item that is not known stays as it is.
  func clamped(_ cut: ControlEvent.Truncation) -> ControlEvent.Truncation {
    guard let length = length(of: cut.item), Double(cut.audioEndMilliseconds) > length else { return cut }
    var clamped = cut
    clamped.audioEndMilliseconds = Int(length)
    return clamped
  }

  /// The user began to speak: each item that was not heard to its end is to be cut to what was heard, 1 ms being the least there is.
  /// Empty where truncation is the client's.
  mutating func interrupted(at now: NIODeadline) -> [ControlEvent.Truncation] {
    var cuts: [ControlEvent.Truncation] = []
    let now = Self.milliseconds(now)
    var end = 0.0
    for index in tracks.indices where !tracks[index].isOver {
      let track = tracks[index]
      // From its first audio on, unless the one before was still playing; the last report knows better.
      let begin = track.report.map { Self.milliseconds($0.at) - $0.played } ?? max(Self.milliseconds(track.firstAudioAt), end)
      end = begin + track.length
      tracks[index].isOver = true
      guard clientReports, end > now else { continue }
      let heard = max(1, min(now - begin, track.length))
      cuts.append(ControlEvent.Truncation(item: track.item, contentIndex: track.contentIndex, audioEndMilliseconds: Int(heard)))
    }
    return cuts
  }

  private static func milliseconds(_ time: NIODeadline) -> Double { Double(time.uptimeNanoseconds) / 1_000_000 }
}
