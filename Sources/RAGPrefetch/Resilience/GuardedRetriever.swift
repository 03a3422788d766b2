public import Logging
import NIOConcurrencyHelpers
public import NIOCore
public import VoiceCore

/// A retriever that has a deadline, and a circuit breaker that opens when it fails too often.
public struct GuardedRetriever: ContextRetriever {
  /// Limits of the circuit breaker.
  public struct Configuration: Sendable, Equatable {
    /// Failures in a row after which the circuit opens.
    public var failuresAllowed: Int
    /// First pause of the open circuit; doubled with each failed attempt.
    public var firstPause: Duration
    /// Longest pause before the next attempt.
    public var longestPause: Duration

    /// Creates a configuration.
    public init(failuresAllowed: Int = 3, firstPause: Duration = .seconds(2), longestPause: Duration = .seconds(30)) {
      self.failuresAllowed = failuresAllowed
      self.firstPause = firstPause
      self.longestPause = longestPause
    }
  }

  private let base: any ContextRetriever
  private let name: String
  private let now: @Sendable () -> NIODeadline
  private let logger: Logger
  private struct Guard: Sendable {
    var breaker: CircuitBreakerStateMachine
    /// Number of openings: an earlier query tells nothing of the retriever's current state.
    var openings = 0

    mutating func failed(from opening: Int, at now: NIODeadline) -> CircuitBreakerStateMachine.Change? {
      guard opening == openings, let change = breaker.failed(at: now) else { return nil }
      openings += 1
      return change
    }
  }
  private let state: NIOLockedValueBox<Guard>

  /// `name` is for logs and errors.
  public init(
    _ base: any ContextRetriever, name: String, configuration: Configuration = Configuration(),
    now: @escaping @Sendable () -> NIODeadline, logger: Logger
  ) {
    self.base = base
    self.name = name
    self.now = now
    self.logger = logger
    state = NIOLockedValueBox(
      Guard(
        breaker: CircuitBreakerStateMachine(
          failuresAllowed: configuration.failuresAllowed, firstPause: TimeAmount(configuration.firstPause),
          longestPause: TimeAmount(configuration.longestPause))))
  }

  /// True while the circuit breaker is open: answers come without context.
  public var isDegraded: Bool { !state.withLockedValue { $0.breaker.isClosed } }

  public func warmUp() async { await base.warmUp() }

  public func passages(for query: RetrievalQuery) async throws -> [Passage] { try await passages(for: query) { _ in } }

  public func passages(for query: RetrievalQuery, early: @escaping @Sendable ([Passage]) -> Void) async throws -> [Passage] {
    guard let opening = state.withLockedValue({ $0.breaker.admits(at: now()) ? $0.openings : nil }) else {
      throw RetrievalError(.circuitOpen, "\(name) failed too often, circuit breaker open")
    }
    do {
      let passages = try await Deadline.run(within: query.timeout, of: name) { try await base.passages(for: query, early: early) }
      tell(state.withLockedValue { $0.breaker.succeeded() }, nil)
      return passages
    } catch is CancellationError {
      state.withLockedValue { $0.breaker.cancelled(at: now()) }
      throw RetrievalError(.cancelled, "not needed any more")
    } catch let error as RetrievalError where error.code == .notAllowed {
      // It works, for those who may ask.
      tell(state.withLockedValue { $0.breaker.succeeded() }, nil)
      throw error
    } catch let error as RetrievalError where error.code == .cancelled {
      state.withLockedValue { $0.breaker.cancelled(at: now()) }
      throw error
    } catch {
      tell(state.withLockedValue { $0.failed(from: opening, at: now()) }, error as? RetrievalError)
      throw error as? RetrievalError ?? RetrievalError(.refused, "\(name) failed")
    }
  }

  private func tell(_ change: CircuitBreakerStateMachine.Change?, _ error: RetrievalError?) {
    switch change {
    case .opened(let pause):
      logger.warning(
        "retrieval failed too often: answers go on without context, next try in \(pause.nanoseconds / 1_000_000) ms",
        metadata: ["retriever": "\(name)", "error": "\(error.map(\.description) ?? "unknown")"])
    case .closed: logger.notice("retrieval works again", metadata: ["retriever": "\(name)"])
    case nil: break
    }
  }
}
