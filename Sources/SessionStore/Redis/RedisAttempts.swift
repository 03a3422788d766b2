import NIOCore

/// Retry table of commands: what is tried again, where, and when.
struct RedisAttempts {
  enum Outcome: Equatable {
    case answered
    case failed
    /// Again after this, on the server that the topology then names.
    case again(after: Duration, Hint)
    /// Again at once on this server, which alone knows the key; with `ASKING` first where only this once.
    case redirected(RedisEndpoint, slot: Int, isAsking: Bool)
  }

  /// Hint of a failure about the topology.
  enum Hint: Equatable {
    case none
    /// The server is no master any more, or gone.
    case serverChanged
  }

  static let maximumRedirects = 5

  private let maximumAttempts: Int
  private let backoff: Backoff
  private let deadline: NIODeadline
  private let isIdempotent: Bool
  private var attempts = 0
  private var redirects = 0

  init(_ retry: RedisConfiguration.Retry, deadline: NIODeadline, isIdempotent: Bool) {
    maximumAttempts = retry.maximumAttempts
    backoff = Backoff(first: retry.firstCommandDelay, factor: retry.backoffFactor, maximum: retry.maximumDelay)
    self.deadline = deadline
    self.isIdempotent = isIdempotent
  }

  /// - Parameters:
  ///   - now: asked for only where that matters, as is `jitter`: both cost more than most answers.
  ///   - jitter: from 0 to 1.
  mutating func ended(
    _ result: Result<RedisReply, RedisError>, at now: @autoclosure () -> NIODeadline, jitter: @autoclosure () -> Double
  ) -> Outcome {
    switch result {
    case .success(.error(let error)): return ended(error, at: now(), jitter: jitter())
    case .success: return .answered
    case .failure(let error):
      switch error.code {
      case .connectionLost, .unreachable, .noServer:
        return error.mayHaveRun && !isIdempotent ? .failed : again(.serverChanged, at: now(), jitter: jitter())
      default: return .failed
      }
    }
  }

  private mutating func ended(_ error: RedisErrorReply, at now: NIODeadline, jitter: Double) -> Outcome {
    switch error.code {
    // Redis answers these before it runs a command.
    case .loading, .busy, .tryAgain: again(.none, at: now, jitter: jitter)
    case .masterDown, .readOnly, .clusterDown: again(.serverChanged, at: now, jitter: jitter)
    case .moved, .ask: redirected(error)
    default: .answered
    }
  }

  private mutating func again(_ hint: Hint, at now: NIODeadline, jitter: Double) -> Outcome {
    attempts += 1
    guard attempts < maximumAttempts else { return .failed }
    let delay = backoff.delay(failure: attempts, jitter: jitter)
    return now + TimeAmount(delay) < deadline ? .again(after: delay, hint) : .failed
  }

  /// `MOVED 3999 127.0.0.1:6381`, with no host where it is the same as the one that answers.
  private mutating func redirected(_ error: RedisErrorReply) -> Outcome {
    redirects += 1
    let parts = error.description.split(separator: " ")
    guard redirects <= Self.maximumRedirects, parts.count >= 3, let slot = Int(parts[1]), (0..<RedisKeySlot.count).contains(slot),
      let colon = parts[2].lastIndex(of: ":"), let port = Int(parts[2][parts[2].index(after: colon)...]), (1...65_535).contains(port)
    else { return .failed }
    let host = String(parts[2][..<colon])
    // An empty host means: where this answer came from. The caller knows.
    return .redirected(RedisEndpoint(host: host, port: port), slot: slot, isAsking: error.code == .ask)
  }
}
