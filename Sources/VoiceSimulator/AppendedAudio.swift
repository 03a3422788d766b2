import Foundation
import NIOCore
import VoiceCore

/// The audio of an `input_audio_buffer.append`, found and decoded without parsing the event: thousands come in a minute.
struct AppendedAudio {
  var bytes: [UInt8]

  /// Nil for every other event, and for one that is not written in the usual way.
  init?(_ event: ByteBuffer) {
    guard case .event(.inputAudioAppend) = EventScanner.scanWhole(event) else { return nil }
    let found = event.withUnsafeReadableBytes { raw -> [UInt8]? in
      let key = Array("\"audio\"".utf8)
      guard let start = raw.firstRange(of: key) else { return nil }
      var index = start.upperBound
      while index < raw.count, [0x20, 0x3A, 0x09, 0x0A, 0x0D].contains(raw[index]) { index += 1 }
      guard index < raw.count, raw[index] == UInt8(ascii: "\"") else { return nil }
      guard let end = raw[(index + 1)...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
      return Data(base64Encoded: Data(raw[(index + 1)..<end])).map { [UInt8]($0) }
    }
    guard let found else { return nil }
    bytes = found
  }
}
