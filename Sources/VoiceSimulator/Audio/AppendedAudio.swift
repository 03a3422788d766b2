import NIOCore

/// Finds the audio of an `input_audio_buffer.append` without parsing the event: there are ten a second in every session.
enum AppendedAudio {
  /// The decoded audio. Nil for every other event, and for one that is written in an unusual way: these are parsed.
  static func find(in event: ByteBuffer) -> [UInt8]? {
    event.withUnsafeReadableBytes { raw in
      var cursor = Cursor(bytes: raw)
      var audio: Range<Int>?
      var isAppend = false
      guard cursor.take(UInt8(ascii: "{")) else { return nil }
      repeat {
        guard let name = cursor.string(), cursor.take(UInt8(ascii: ":")), let value = cursor.string() else { return nil }
        if raw[name].elementsEqual("type".utf8) {
          guard raw[value].elementsEqual("input_audio_buffer.append".utf8) else { return nil }
          isAppend = true
        } else if raw[name].elementsEqual("audio".utf8) {
          audio = value
        } else if !raw[name].elementsEqual("event_id".utf8) {
          return nil
        }
      } while cursor.take(UInt8(ascii: ","))
      guard cursor.take(UInt8(ascii: "}")), cursor.isAtEnd, isAppend, let audio else { return nil }
      return Base64.decode(UnsafeRawBufferPointer(rebasing: raw[audio]))
    }
  }

  private struct Cursor {
    let bytes: UnsafeRawBufferPointer
    var index = 0

    var isAtEnd: Bool {
      mutating get {
        skipWhitespace()
        return index == bytes.count
      }
    }

    mutating func skipWhitespace() {
      while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
      skipWhitespace()
      guard index < bytes.count, bytes[index] == byte else { return false }
      index += 1
      return true
    }

    /// Reads the text between quotation marks; nil if it contains an escape.
    mutating func string() -> Range<Int>? {
      guard take(0x22) else { return nil }
      let start = index
      while index < bytes.count, bytes[index] != 0x22 {
        if bytes[index] == 0x5C { return nil }
        index += 1
      }
      guard index < bytes.count else { return nil }
      index += 1
      return start..<(index - 1)
    }
  }
}
