import Foundation

/// Judges the gateway's events: words are put together, audio of an interrupted answer is dropped. Pure.
struct ConversationStateMachine {
  enum Action: Equatable {
    case tell(VoiceEvent)
    case silence
    case refreshToken
  }

  private(set) var session: String?
  private(set) var response: String?
  private(set) var lastError: VoiceFault?
  private var words: [String: String] = [:]
  private var order: [String] = []
  private var silenced: Set<String> = []
  private static let most = 200

  mutating func received(_ event: ServerEvent) -> [Action] {
    switch event.type {
    case "voice.session.ready":
      guard let id = event.sessionID else { return [] }
      session = id
      return [
        .tell(.ready(.init(id: id, isResumed: event.resumed ?? false, expiresAt: event.expiresAt.map(Date.init(timeIntervalSince1970:)))))
      ]
    case "voice.session.notice":
      let told = Action.tell(.notice(reason: event.reason ?? "", message: event.message ?? ""))
      return event.reason == "token_expiring" ? [.refreshToken, told] : [told]
    case "voice.rag.context":
      return [.tell(.sources(item: event.itemID, titles: event.sources?.compactMap { $0.title ?? $0.source } ?? []))]
    case "input_audio_buffer.speech_started": return silence() + [.tell(.userStartedSpeaking)]
    case "input_audio_buffer.speech_stopped": return [.tell(.userStoppedSpeaking)]
    case "conversation.item.input_audio_transcription.delta": return grow(event) { .userSaid(item: $0, text: $1, isFinal: false) }
    case "conversation.item.input_audio_transcription.completed":
      return settle(event) { .userSaid(item: $0, text: $1, isFinal: true) }
    case "response.created":
      response = event.response?.id
      return []
    case "response.output_audio_transcript.delta", "response.output_text.delta":
      return grow(event) { .voiceSaid(item: $0, text: $1, isFinal: false) }
    case "response.output_audio_transcript.done", "response.output_text.done":
      return settle(event) { .voiceSaid(item: $0, text: $1, isFinal: true) }
    case "response.output_audio.delta":
      guard let item = event.itemID, let pcm = event.delta.flatMap({ Data(base64Encoded: $0) }),
        !silenced.contains(event.responseID ?? "")
      else { return [] }
      return [.tell(.audio(item: item, pcm: pcm))]
    case "response.output_audio.done": return event.itemID.map { [.tell(.audioDone(item: $0))] } ?? []
    case "response.done":
      if let id = event.response?.id {
        silenced.remove(id)
        if response == id { response = nil }
      }
      return []
    case "error":
      lastError = event.error
      return event.error.map { [.tell(.fault($0))] } ?? []
    default: return []  // An open set: what is not known is passed over.
    }
  }

  /// The user spoke, or touched "stop": what still comes of this answer is not played.
  mutating func silence() -> [Action] {
    if let response { silenced.insert(response) }
    return [.silence]
  }

  mutating func connected() { lastError = nil }
  mutating func sessionLost() { session = nil }

  private mutating func grow(_ event: ServerEvent, _ told: (String, String) -> VoiceEvent) -> [Action] {
    guard let item = event.itemID else { return [] }
    if words[item] == nil { remember(item) }
    words[item, default: ""] += event.delta ?? ""
    return [.tell(told(item, words[item] ?? ""))]
  }

  private mutating func settle(_ event: ServerEvent, _ told: (String, String) -> VoiceEvent) -> [Action] {
    guard let item = event.itemID else { return [] }
    words[item] = nil
    order.removeAll { $0 == item }
    return [.tell(told(item, event.transcript ?? event.text ?? ""))]
  }

  private mutating func remember(_ item: String) {
    order.append(item)
    if order.count > Self.most { words[order.removeFirst()] = nil }
  }
}
