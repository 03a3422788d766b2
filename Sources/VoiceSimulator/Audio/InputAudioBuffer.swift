import NIOCore

/// The input audio buffer: how much audio waits for a commit, and the newest of it.
struct InputAudioBuffer {
  /// Bytes that are kept at most; of longer speech the beginning is lost, its length is not.
  let limit: Int
  private(set) var format: AudioFormat
  private(set) var bytes = ByteBuffer()
  /// Bytes since the last commit or clear, kept or not.
  private var count = 0
  /// Half a sample, where an event ended in the middle of one.
  private var odd: UInt8?

  init(limit: Int, format: AudioFormat) {
    self.limit = limit
    self.format = format
  }

  var milliseconds: Double { Double(count) / Double(format.bytesPerMillisecond) }

  /// The audio of one event in whole samples, with the half that was left over; to be appended then, at once or bit by bit.
  mutating func startAppending(_ audio: [UInt8]) -> [UInt8] {
    var audio = audio
    if let odd { audio.insert(odd, at: 0) }
    odd = format == .pcm16 && !audio.count.isMultiple(of: 2) ? audio.removeLast() : nil
    return audio
  }

  mutating func append(_ audio: ArraySlice<UInt8>) {
    count += audio.count
    bytes.writeBytes(audio)
    keepLast(limit)
  }

  /// Forgets all but the newest audio: what came before speech is of no use.
  mutating func keepLast(milliseconds: Int) { keepLast(milliseconds * format.bytesPerMillisecond) }

  /// The newest audio, for an item; the buffer is empty afterwards.
  mutating func take(milliseconds: Int) -> ByteBuffer {
    var taken = bytes
    taken.moveReaderIndex(forwardBy: max(0, taken.readableBytes - milliseconds * format.bytesPerMillisecond))
    clear()
    return taken
  }

  mutating func clear() {
    bytes = ByteBuffer()
    count = 0
    odd = nil
  }

  /// Audio of another format cannot stay.
  mutating func change(to format: AudioFormat) {
    guard format != self.format else { return }
    clear()
    self.format = format
  }

  private mutating func keepLast(_ kept: Int) {
    guard bytes.readableBytes > kept else { return }
    bytes.moveReaderIndex(forwardBy: bytes.readableBytes - kept)
    // Moving the rest to the front costs a copy: not for every event.
    if bytes.readerIndex > max(65_536, kept) { bytes.discardReadBytes() }
  }
}
