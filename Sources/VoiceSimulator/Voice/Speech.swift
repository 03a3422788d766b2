import NIOCore

/// Spoken text as it is sent: cut into deltas and in base64 already, so that sessions that say the same share it.
struct Speech: Sendable, Equatable {
  let format: AudioFormat
  let milliseconds: Int
  /// Base64 of ``AudioFormat/chunkMilliseconds`` each, the last one shorter.
  let chunks: [ByteBuffer]

  /// - Parameter samples: at 24 kHz.
  init(samples: [Int16], format: AudioFormat) {
    self.format = format
    let whole = samples.count / 24
    milliseconds = whole
    let bytes = format.encoded(Array(samples.prefix(whole * 24)))
    let size = format.chunkMilliseconds * format.bytesPerMillisecond
    chunks = stride(from: 0, to: bytes.count, by: size).map { Base64.encode(bytes[$0..<min($0 + size, bytes.count)]) }
  }

  func milliseconds(ofChunk index: Int) -> Int { min(format.chunkMilliseconds, milliseconds - index * format.chunkMilliseconds) }

  /// Size in memory.
  var bytes: Int { chunks.reduce(0) { $0 + $1.readableBytes } }
}
