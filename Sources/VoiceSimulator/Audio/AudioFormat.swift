/// The three formats of Realtime audio: PCM16 little-endian at 24 kHz, and G.711 at 8 kHz.
enum AudioFormat: Hashable, Sendable {
  case pcm16, mulaw, alaw

  /// Reads a `format` object; anything else is PCM16, the default.
  init(_ format: JSON?) {
    switch format?["type"]?.string {
    case "audio/pcmu": self = .mulaw
    case "audio/pcma": self = .alaw
    default: self = .pcm16
    }
  }

  var samplesPerMillisecond: Int { self == .pcm16 ? 24 : 8 }
  var bytesPerSample: Int { self == .pcm16 ? 2 : 1 }
  var bytesPerMillisecond: Int { samplesPerMillisecond * bytesPerSample }

  /// Length of one audio delta: near 200 ms, and a multiple of three bytes, so that deltas in base64 can be joined.
  var chunkMilliseconds: Int { self == .pcm16 ? 200 : 201 }

  /// 24 kHz samples in this format; every third sample where it has 8 kHz.
  func encoded(_ samples: [Int16]) -> [UInt8] {
    switch self {
    case .pcm16:
      var bytes: [UInt8] = []
      bytes.reserveCapacity(samples.count * 2)
      for sample in samples {
        bytes.append(UInt8(truncatingIfNeeded: sample))
        bytes.append(UInt8(truncatingIfNeeded: sample >> 8))
      }
      return bytes
    case .mulaw: return stride(from: 0, to: samples.count, by: 3).map { G711.mulaw(samples[$0]) }
    case .alaw: return stride(from: 0, to: samples.count, by: 3).map { G711.alaw(samples[$0]) }
    }
  }
}
