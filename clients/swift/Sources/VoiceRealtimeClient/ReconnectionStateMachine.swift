/// Decides what follows the end of a connection: another try, or the end. Pure: the chance comes in as a number.
public struct ReconnectionStateMachine: Sendable, Equatable {
  public enum Next: Sendable, Equatable {
    case end
    case retry(after: Duration, resumes: Bool, needsToken: Bool)
  }

  /// Tries in a row before a session is given up.
  public var attempts = 8
  /// Tries before the first session is there.
  public var firstAttempts = 3
  public var firstDelay = Duration.milliseconds(400)
  public var longestDelay = Duration.seconds(8)
  private var made = 0
  private var hasAskedForToken = false

  public init() {}

  /// A session was admitted: faults begin to count anew.
  public mutating func admitted() {
    made = 0
    hasAskedForToken = false
  }

  /// - Parameter random: 0 to 1; half of a delay is chance, so that a server that restarts does not get all its clients back at once.
  public mutating func ended(_ ending: VoiceEnding, hasSession: Bool, random: Double) -> Next {
    let most = hasSession ? attempts : min(attempts, firstAttempts)
    switch ending.retry {
    case .new where ending.code == "session_not_found" && hasSession && made < most:
      made += 1
      return .retry(after: .zero, resumes: false, needsToken: false)
    case .token where !hasAskedForToken:
      hasAskedForToken = true
      return .retry(after: .zero, resumes: hasSession, needsToken: true)
    case .resume where made < most:
      var delay = firstDelay
      for _ in 0..<made where delay < longestDelay { delay *= 2 }
      made += 1
      let chosen = min(delay, longestDelay) * (0.5 + random / 2)
      return .retry(after: max(chosen, .seconds(ending.retryAfterSeconds ?? 0)), resumes: hasSession, needsToken: false)
    case .new, .token, .resume, .later, .never: return .end
    }
  }
}
