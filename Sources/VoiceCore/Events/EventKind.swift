/// The `type` of a Realtime event, as far as the relay tells types apart. An open set: every other type is ``unknown``
/// and is forwarded like the rest.
public struct EventKind: Hashable, Sendable, CustomStringConvertible {
  let code: UInt8
  public var description: String { self == .unknown ? "unknown" : "\(Self.names[Int(code)])" }

  /// Any `type` that the relay does not tell apart.
  public static let unknown = EventKind(code: 0)

  // Client events.
  /// `session.update`.
  public static let sessionUpdate = EventKind(code: 1)
  /// `input_audio_buffer.append`.
  public static let inputAudioAppend = EventKind(code: 2)
  /// `input_audio_buffer.commit`.
  public static let inputAudioCommit = EventKind(code: 3)
  /// `input_audio_buffer.clear`.
  public static let inputAudioClear = EventKind(code: 4)
  /// `conversation.item.create`.
  public static let itemCreate = EventKind(code: 5)
  /// `conversation.item.retrieve`.
  public static let itemRetrieve = EventKind(code: 6)
  /// `conversation.item.truncate`.
  public static let itemTruncate = EventKind(code: 7)
  /// `conversation.item.delete`.
  public static let itemDelete = EventKind(code: 8)
  /// `response.create`.
  public static let responseCreate = EventKind(code: 9)
  /// `response.cancel`.
  public static let responseCancel = EventKind(code: 10)

  // Client events of the gateway's own, never forwarded.
  /// `ping`.
  public static let ping = EventKind(code: 11)
  /// `voice.partial_transcript`.
  public static let partialTranscript = EventKind(code: 12)
  /// `voice.playback`.
  public static let playback = EventKind(code: 13)
  /// `voice.token.refresh`.
  public static let tokenRefresh = EventKind(code: 14)
  /// `voice.session.end`.
  public static let sessionEnd = EventKind(code: 15)

  // Server events that the relay acts on.
  /// `error`.
  public static let error = EventKind(code: 16)
  /// `session.created`.
  public static let sessionCreated = EventKind(code: 17)
  /// `session.updated`.
  public static let sessionUpdated = EventKind(code: 18)
  /// `conversation.item.added`.
  public static let itemAdded = EventKind(code: 19)
  /// `conversation.item.done`.
  public static let itemDone = EventKind(code: 20)
  /// `conversation.item.deleted`.
  public static let itemDeleted = EventKind(code: 21)
  /// `conversation.item.truncated`.
  public static let itemTruncated = EventKind(code: 22)
  /// `conversation.item.retrieved`.
  public static let itemRetrieved = EventKind(code: 23)
  /// `conversation.item.input_audio_transcription.delta`.
  public static let transcriptionDelta = EventKind(code: 24)
  /// `conversation.item.input_audio_transcription.completed`.
  public static let transcriptionCompleted = EventKind(code: 25)
  /// `conversation.item.input_audio_transcription.failed`.
  public static let transcriptionFailed = EventKind(code: 26)
  /// `input_audio_buffer.speech_started`.
  public static let speechStarted = EventKind(code: 27)
  /// `input_audio_buffer.speech_stopped`.
  public static let speechStopped = EventKind(code: 28)
  /// `input_audio_buffer.committed`.
  public static let inputAudioCommitted = EventKind(code: 29)
  /// `input_audio_buffer.cleared`.
  public static let inputAudioCleared = EventKind(code: 30)
  /// `response.created`.
  public static let responseCreated = EventKind(code: 31)
  /// `response.done`.
  public static let responseDone = EventKind(code: 32)
  /// `response.output_audio.delta`.
  public static let outputAudioDelta = EventKind(code: 33)
  /// `response.output_text.delta`.
  public static let outputTextDelta = EventKind(code: 34)
  /// `response.output_item.added`.
  public static let outputItemAdded = EventKind(code: 35)
  /// `response.output_item.done`.
  public static let outputItemDone = EventKind(code: 36)
  /// `response.function_call_arguments.done`.
  public static let functionArgumentsDone = EventKind(code: 37)
  /// `response.function_call_arguments.delta`.
  public static let functionArgumentsDelta = EventKind(code: 38)
  /// `conversation.item.created`, as servers of the beta protocol say `conversation.item.added`.
  public static let itemCreated = EventKind(code: 39)
  /// `conversation.item.input_audio_transcription.updated`.
  public static let transcriptionUpdated = EventKind(code: 40)
  /// `conversation.item.input_audio_transcription.segment`.
  public static let transcriptionSegment = EventKind(code: 41)

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
    "response.function_call_arguments.delta", "conversation.item.created",
    "conversation.item.input_audio_transcription.updated", "conversation.item.input_audio_transcription.segment",
  ]

  /// True for a client event that ``ControlEvent`` has a case for.
  var isClientControl: Bool { code >= Self.sessionUpdate.code && code <= Self.responseCancel.code && self != .inputAudioAppend }

  /// True for a server event that ``ControlEvent`` has a case for.
  var isServerControl: Bool {
    code >= Self.error.code && code <= Self.transcriptionSegment.code && self != .outputAudioDelta && self != .outputTextDelta
  }
}
