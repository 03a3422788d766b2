/// The `type` of a Realtime event, as far as the relay tells types apart. An open set: every other type is ``unknown``
/// and is forwarded like the rest.
public struct EventKind: Hashable, Sendable, CustomStringConvertible {
  let code: UInt8
  public var description: String { self == .unknown ? "unknown" : "\(Self.names[Int(code)])" }

  public static let unknown = EventKind(code: 0)

  // Client events.
  public static let sessionUpdate = EventKind(code: 1)
  public static let inputAudioAppend = EventKind(code: 2)
  public static let inputAudioCommit = EventKind(code: 3)
  public static let inputAudioClear = EventKind(code: 4)
  public static let itemCreate = EventKind(code: 5)
  public static let itemRetrieve = EventKind(code: 6)
  public static let itemTruncate = EventKind(code: 7)
  public static let itemDelete = EventKind(code: 8)
  public static let responseCreate = EventKind(code: 9)
  public static let responseCancel = EventKind(code: 10)

  // Client events of the gateway's own, never forwarded.
  public static let ping = EventKind(code: 11)
  public static let partialTranscript = EventKind(code: 12)
  public static let playback = EventKind(code: 13)
  public static let tokenRefresh = EventKind(code: 14)
  public static let sessionEnd = EventKind(code: 15)

  // Server events that the relay acts on.
  public static let error = EventKind(code: 16)
  public static let sessionCreated = EventKind(code: 17)
  public static let sessionUpdated = EventKind(code: 18)
  public static let itemAdded = EventKind(code: 19)
  public static let itemDone = EventKind(code: 20)
  public static let itemDeleted = EventKind(code: 21)
  public static let itemTruncated = EventKind(code: 22)
  public static let itemRetrieved = EventKind(code: 23)
  public static let transcriptionDelta = EventKind(code: 24)
  public static let transcriptionCompleted = EventKind(code: 25)
  public static let transcriptionFailed = EventKind(code: 26)
  public static let speechStarted = EventKind(code: 27)
  public static let speechStopped = EventKind(code: 28)
  public static let inputAudioCommitted = EventKind(code: 29)
  public static let inputAudioCleared = EventKind(code: 30)
  public static let responseCreated = EventKind(code: 31)
  public static let responseDone = EventKind(code: 32)
  public static let outputAudioDelta = EventKind(code: 33)
  public static let outputTextDelta = EventKind(code: 34)
  public static let outputItemAdded = EventKind(code: 35)
  public static let outputItemDone = EventKind(code: 36)
  public static let functionArgumentsDone = EventKind(code: 37)
  public static let functionArgumentsDelta = EventKind(code: 38)

  static let names: [StaticString] = [
    "", "session.update", "input_audio_buffer.append", "input_audio_buffer.commit", "input_audio_buffer.clear",
    "conversation.item.create", "conversation.item.retrieve", "conversation.item.truncate", "conversation.item.delete",
    "response.create", "response.cancel", "ping", "voice.partial_transcript", "voice.playback", "voice.token.refresh",
    "voice.session.end", "error", "session.created", "session.updated", "conversation.item.added", "conversation.item.done",
    "conversation.item.deleted", "conversation.item.truncated", "conversation.item.retrieved",
    "conversation.item.input_audio_transcription.delta", "conversation.item.input_audio_transcription.completed",
    "conversation.item.input_audio_transcription.failed", "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed", "input_audio_buffer.cleared", "response.created", "response.done", "response.output_audio.delta",
    "response.output_text.delta", "response.output_item.added", "response.output_item.done", "response.function_call_arguments.done",
    "response.function_call_arguments.delta",
  ]

  /// True for a client event that ``ControlEvent`` has a case for.
  var isClientControl: Bool { code >= Self.sessionUpdate.code && code <= Self.responseCancel.code && self != .inputAudioAppend }

  /// True for a server event that ``ControlEvent`` has a case for.
  var isServerControl: Bool {
    code >= Self.error.code && code <= Self.functionArgumentsDelta.code && self != .outputAudioDelta && self != .outputTextDelta
  }
}
