import NIOCore

/// Follows the turns of a conversation: who speaks, which response is being made, and how long the user waited for it.
struct TurnStateMachine {
  /// The response that writes to the conversation, from `response.created` to `response.done`.
  private(set) var activeResponse: String?
  /// The response that the user spoke over: its audio is not wanted any more.
  private(set) var interruptedResponse: String?
  /// From `session.created` and `session.updated`: whether the provider ends a response when the user speaks.
  var interruptsResponse = true
  private(set) var isSpeaking = false
  private var awaitsAnswer = false
  private var speechStoppedAt: NIODeadline?
  private var requestedAt: NIODeadline?
  private var contextWait = Duration.zero
  private var awaitsFirstOutput = false

  /// Whether a drain should wait.
  var isInTurn: Bool { isSpeaking || awaitsAnswer || activeResponse != nil }
  /// Whether the user has spoken and not been answered in full.
  var owesAnswer: Bool { awaitsAnswer || activeResponse != nil }
  /// True from `response.created` to its first audio or text: only then are deltas looked at.
  var wantsFirstOutput: Bool { awaitsFirstOutput }

  /// The user began to speak. Answers the response that this cuts off, if any.
  mutating func speechStarted() -> String? {
    isSpeaking = true
    speechStoppedAt = nil
    guard interruptsResponse, let response = activeResponse, interruptedResponse != response else { return nil }
    interruptedResponse = response
    return response
  }

  mutating func speechStopped(at now: NIODeadline) {
    isSpeaking = false
    speechStoppedAt = now
  }

  /// The user's audio became an item: an answer may follow.
  mutating func committed(at now: NIODeadline) {
    isSpeaking = false
    awaitsAnswer = true
    requestedAt = now
  }

  /// The context for the answer was waited for this long.
  mutating func contextSettled(waited: Duration, at now: NIODeadline) {
    contextWait = waited
    requestedAt = now
  }

  /// Somebody asked for a response.
  mutating func responseRequested(at now: NIODeadline) { requestedAt = now }

  /// `isOutOfBand`: does not write to the conversation.
  mutating func responseCreated(_ id: String, isOutOfBand: Bool, at now: NIODeadline) {
    guard !isOutOfBand else { return }
    activeResponse = id
    awaitsAnswer = false
    awaitsFirstOutput = true
    if requestedAt == nil { requestedAt = now }
  }

  /// The first audio or text of the active response.
  mutating func firstOutputArrived(at now: NIODeadline) -> TurnMetrics? {
    guard awaitsFirstOutput, let response = activeResponse else { return nil }
    awaitsFirstOutput = false
    let metrics = TurnMetrics(
      responseID: response, speechStoppedToFirstAudio: speechStoppedAt.map { Duration(now - $0) }, contextWait: contextWait,
      upstream: Duration(now - (requestedAt ?? now)))
    speechStoppedAt = nil
    requestedAt = nil
    contextWait = .zero
    return metrics
  }

  /// True when the response was the conversation's: a turn ended.
  mutating func responseDone(_ id: String) -> Bool {
    if interruptedResponse == id { interruptedResponse = nil }
    guard activeResponse == id else { return false }
    activeResponse = nil
    awaitsFirstOutput = false
    return true
  }
}
