import NIOCore

extension ConversationItem {
  /// JSON of `conversation.item.retrieved`: with its audio, if that is still kept.
  var withAudio: JSON {
    guard let encoded = encodedAudio, let parts = json["content"]?.array else { return json }
    var result = json
    result["content"] = .array(
      parts.map { part in
        guard ["input_audio", "output_audio"].contains(part["type"]?.string) else { return part }
        var part = part
        part["audio"] = .string(encoded)
        return part
      })
    return result
  }

  /// Base64 in the format of its time; nil where there is none.
  private var encodedAudio: String? {
    switch audio {
    case .none: return nil
    case .user(let bytes): return String(buffer: Base64.encode(Array(bytes.readableBytesView)[...]))
    case .assistant(let speech):
      // Chunks are multiples of three bytes, so that they can be joined; four letters stand for three bytes.
      let bytes = min(audioMilliseconds, speech.milliseconds) * speech.format.bytesPerMillisecond
      var letters = ByteBuffer()
      for chunk in speech.chunks where letters.readableBytes < (bytes + 2) / 3 * 4 { letters.writeImmutableBuffer(chunk) }
      return letters.readString(length: min(letters.readableBytes, bytes / 3 * 4))
    }
  }

  /// Forgets what was not heard. The provider's transcript goes whole, since it does not know which words were.
  mutating func truncate(to milliseconds: Int) {
    let kept = ResponseStream.words(of: words)
    words = kept.prefix(kept.count * milliseconds / max(1, audioMilliseconds)).joined()
    audioMilliseconds = milliseconds
    isTruncated = true
    version += 1
    json["content"] = [["type": "output_audio", "transcript": .null]]
  }
}
