import NIOCore

/// An item of the conversation, and what the model made of it.
struct ConversationItem {
  enum Audio {
    case none
    /// Audio as it was appended.
    case user(ByteBuffer)
    /// Audio that was sent, in base64.
    case assistant(Speech)
  }

  var id: String
  /// JSON as sent to the client.
  var json: JSON
  /// Spoken words, transcribed or not; for text items, their text.
  var words = ""
  var audio = Audio.none
  var audioMilliseconds = 0
  var format = AudioFormat.pcm16
  /// The script's line of a user's item.
  var turn: SimulatorTurn?
  /// Moves on when the content changes, so that a prompt cache does not take it for the same.
  var version = 0
  /// Cut by the client: what the response still says of it does not come back.
  var isTruncated = false

  var audioBytes: Int {
    switch audio {
    case .none: 0
    case .user(let bytes): bytes.readableBytes
    // What was not sent is kept by the voice, for all who say the same.
    case .assistant(let speech): audioMilliseconds * speech.format.bytesPerMillisecond * 4 / 3
    }
  }

  /// Text that the item keeps in memory: its own, and once more the words that were read in it.
  var textBytes: Int { json.stringBytes + words.utf8.count }

  var isUser: Bool { json["role"]?.string == "user" }

  /// Item as the composer of answers reads it; nil if it holds no words.
  var context: ContextItem? {
    switch json["type"]?.string {
    case "function_call": ContextItem(speaker: .call, text: json["arguments"]?.string ?? "")
    case "function_call_output": ContextItem(speaker: .callOutput, text: json["output"]?.string ?? "")
    default:
      switch json["role"]?.string {
      case "user": ContextItem(speaker: .user, text: words)
      case "assistant": ContextItem(speaker: .assistant, text: words)
      case "system": ContextItem(speaker: .system, text: words)
      default: nil
      }
    }
  }

  /// The text of an item that a client wrote.
  static func words(of json: JSON) -> String {
    (json["content"]?.array ?? []).compactMap { $0["text"]?.string ?? $0["transcript"]?.string }.joined(separator: " ")
  }
}
