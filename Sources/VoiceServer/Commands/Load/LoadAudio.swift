import Foundation
import VoiceSimulator

/// Recorded speech for a load.
enum LoadAudio {
  /// Samples at 24 kHz; nil where the file is no PCM of 16 bit, mono.
  static func samples(ofWave data: Data) -> [Int16]? { WaveFile(data)?.resampled(to: 24_000) }
}
