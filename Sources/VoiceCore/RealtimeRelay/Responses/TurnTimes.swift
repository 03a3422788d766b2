import NIOCore

/// Times of one turn: how long the user waited for an answer.
struct TurnTimes {
  private var speechStoppedAt: NIODeadline?
  private var requestedAt: NIODeadline?
  private var contextWait = Duration.zero
  private var response: String?
  /// True from `response.created` to its first audio or text: only then are deltas looked at.
  private(set) var wantsFirstOutput = false

  mutating func speechStarted() { speechStoppedAt = nil }
  mutating func speechStopped(at now: NIODeadline) { speechStoppedAt = now }
  mutating func committed(at now: NIODeadline) { requestedAt = now }
  mutating func requested(at now: NIODeadline) { requestedAt = now }

  /// The context for the answer was waited for this long.
  mutating func contextSettled(waited: Duration, at now: NIODeadline) {
    contextWait = waited
    requestedAt = now
  }

  mutating func responseCreated(_ id: String, at now: NIODeadline) {
    response = id
    wantsFirstOutput = true
    if requestedAt == nil { requestedAt = now }
  }

  /// The first audio or text of the response.
  mutating func firstOutputArrived(at now: NIODeadline) -> TurnMetrics? {
    guard wantsFirstOutput, let response else { return nil }
    wantsFirstOutput = false
    defer { (speechStoppedAt, requestedAt, contextWait) = (nil, nil, .zero) }
    return TurnMetrics(
      responseID: response, speechStoppedToFirstAudio: speechStoppedAt.map { Duration(now - $0) }, contextWait: contextWait,
      upstream: Duration(now - (requestedAt ?? now)))
  }

  mutating func responseDone(_ id: String) { if response == id { responseLost() } }

  mutating func responseLost() {
    response = nil
    wantsFirstOutput = false
  }
}
