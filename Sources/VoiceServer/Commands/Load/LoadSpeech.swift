import Foundation
import NIOCore
import VoiceCore

/// Speech of a load: `input_audio_buffer.append` events of a tenth of a second each, made once for all speakers.
struct LoadSpeech: Sendable {
  let speech: [RealtimeMessage]
  let silence: RealtimeMessage

  private static let samplesPerPiece = 2_400

  /// - Parameter samples: at 24 kHz.
  init(samples: [Int16]) {
    speech = stride(from: 0, to: samples.count, by: Self.samplesPerPiece).map { start in
      let piece = Array(samples[start..<min(start + Self.samplesPerPiece, samples.count)])
      return Self.append(piece + Array(repeating: 0, count: Self.samplesPerPiece - piece.count))
    }
    silence = Self.append(Array(repeating: 0, count: Self.samplesPerPiece))
  }

  /// Two seconds of a hum with syllables: any voice detector by energy takes it for speech.
  static let hum = LoadSpeech(
    samples: (0..<48_000).map { index in
      let time = Double(index) / 24_000
      let syllable = 0.25 + 0.75 * abs(sin(.pi * 3 * time))
      let tone = sin(2 * .pi * 160 * time) + 0.5 * sin(2 * .pi * 320 * time) + 0.25 * sin(2 * .pi * 640 * time)
      return Int16(5_000 * syllable * tone)
    })

  private static func append(_ samples: [Int16]) -> RealtimeMessage {
    let bytes = samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    return RealtimeMessage(
      ByteBuffer(string: "{\"type\":\"input_audio_buffer.append\",\"audio\":\"\(Data(bytes).base64EncodedString())\"}"))
  }
}
