import Foundation

/// A thing that a conversation tells the app.
public enum VoiceEvent: Sendable, Equatable {
  public struct Session: Sendable, Equatable {
    public var id: String
    public var isResumed: Bool
    public var expiresAt: Date?
  }

  case ready(Session)
  /// The line dropped, and is taken up again after this time.
  case reconnecting(VoiceEnding, after: Duration)
  case userStartedSpeaking
  case userStoppedSpeaking
  /// Words of the user, as far as they are known.
  case userSaid(item: String, text: String, isFinal: Bool)
  case voiceSaid(item: String, text: String, isFinal: Bool)
  /// PCM, 16 bit, mono, 24 kHz, little-endian.
  case audio(item: String, pcm: Data)
  /// No more audio of this item comes.
  case audioDone(item: String)
  case sources(item: String?, titles: [String])
  case notice(reason: String, message: String)
  /// Something failed that ends nothing.
  case fault(VoiceFault)
  /// The last event.
  case ended(VoiceEnding)
}
