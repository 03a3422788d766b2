import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension RealtimeMessage {
  /// The `response_id` of an audio delta; nil for every other event. Looks into the event: for messages that wait, and for the
  /// rest of a response that was cut off.
  var audioResponseID: String? {
    guard case .event(.outputAudioDelta) = EventScanner.scanFirst(bytes) else { return nil }
    return bytes.withJSON { $0.member("response_id")?.string }
  }

  /// True if an event of this kind from a client may be larger than ``EventLimits/bytes``: it carries audio or images.
  func mayBeLarge(_ kind: EventKind) -> Bool {
    switch kind {
    case .inputAudioAppend: true
    case .itemCreate:
      bytes.withJSON { event in
        event.member("item")?.member("content")?.elements.contains {
          let type = $0.member("type")?.string
          return type == "input_audio" || type == "input_image"
        }
      } ?? false
    default: false
    }
  }

  /// Number of audio bytes in an `input_audio_buffer.append`. The usual shape is known by its ends, and others whose last member is the audio
  /// by the quotation marks before it; any other is parsed.
  var appendedAudioBytes: Int {
    let characters = bytes.withUnsafeReadableBytes { message -> Int? in
      guard message.count >= 2, message.last == UInt8(ascii: "}"), message[message.count - 2] == UInt8(ascii: "\"") else { return nil }
      return Self.audio(of: message, behind: #"{"type":"input_audio_buffer.append","audio":""#)
        ?? Self.lastAudio(of: message)
    }
    return (characters ?? bytes.withJSON { $0.member("audio").map { max(0, $0.range.count - 2) } } ?? 0) * 3 / 4
  }
  /// Characters of Base64 between `beginning` and the message's last two bytes, without its padding; nil where it begins otherwise.
  private static func audio(of message: UnsafeRawBufferPointer, behind beginning: StaticString) -> Int? {
    let begin = beginning.utf8CodeUnitCount
    guard message.count >= begin + 2, let base = message.baseAddress, memcmp(base, beginning.utf8Start, begin) == 0 else { return nil }
    // A further member behind the audio would hide here, and be counted as audio.
    return unpadded(message[begin..<(message.count - 2)])
  }

  /// The same behind any members, where the audio is the last one. A quotation mark within a string has a backslash before it, so that
  /// `"audio":` is a member's name wherever it is found.
  private static func lastAudio(of message: UnsafeRawBufferPointer) -> Int? {
    let name: StaticString = #""audio":"#
    let mark = CInt(UInt8(ascii: "\""))
    guard let base = message.baseAddress else { return nil }
    let last = message.count - 2
    var index = 0
    while index < min(last, 512), let found = memchr(base + index, mark, last - index) {
      index = UnsafeRawPointer(found) - base
      guard index + name.utf8CodeUnitCount + 2 <= last else { return nil }
      guard memcmp(found, name.utf8Start, name.utf8CodeUnitCount) == 0 else {
        index += 1
        continue
      }
      index += name.utf8CodeUnitCount
      if message[index] == UInt8(ascii: " ") { index += 1 }
      guard index < last, message[index] == UInt8(ascii: "\""), memchr(base + index + 1, mark, last - index - 1) == nil else { return nil }
      return unpadded(message[(index + 1)..<last])
    }
    return nil
  }

  private static func unpadded(_ base64: Slice<UnsafeRawBufferPointer>) -> Int {
    base64.count - base64.suffix(2).count { $0 == UInt8(ascii: "=") }
  }
}
