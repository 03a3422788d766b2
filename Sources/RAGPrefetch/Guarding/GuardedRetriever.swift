public import Logging
import NIOConcurrencyHelpers
public import NIOCore
public import VoiceCore

/// A retriever that is held to its deadline, and left alone for a while when it fails too often.
public struct GuardedRetriever: ContextRetriever {
  public struct Configuration: Sendable, Equatable {
    public var failuresAllowed: Int
    /// How long nothing is asked then; doubled with each try that fails.
    public var firstPause: Duration
    public var longestPause: Duration

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
  private let breaker: NIOLockedValueBox<CircuitBreakerStateMachine>

  /// `name` is for logs and errors.
  public init(
    _ base: any ContextRetriever, name: String, configuration: Configuration = Configuration(),
    now: @escaping @Sendable () -> NIODeadline, logger: Logger
  ) {
    self.base = base
    self.name = name
    self.now = now
    self.logger = logger
    breaker = NIOLockedValueBox(
      CircuitBreakerStateMachine(
        failuresAllowed: configuration.failuresAllowed, firstPause: TimeAmount(configuration.firstPause),
        longestPause: TimeAmount(configuration.longestPause)))
  }

  /// True while the retriever is left alone because it failed: answers come without context.
  public var isDegraded: Bool { !breaker.withLockedValue { $0.isClosed } }

  public func warmUp() async { await base.warmUp() }

  public func passages(for query: RetrievalQuery) async throws -> [Passage] {
    guard breaker.withLockedValue({ $0.admits(at: now()) }) else {
      throw RetrievalError(.circuitOpen, "\(name) failed too often and is left alone for a while")
    }
    do {
      let passages = try await Deadline.run(within: query.timeout, of: name) { try await base.passages(for: query) }
      tell(breaker.withLockedValue { $0.succeeded() }, nil)
      return passages
    } catch is CancellationError {
      breaker.withLockedValue { $0.cancelled(at: now()) }
      throw RetrievalError(.cancelled, "not needed any more")
    } catch let error as RetrievalError where error.code == .cancelled {
      breaker.withLockedValue { $0.cancelled(at: now()) }
      throw error
    } catch {
      tell(breaker.withLockedValue { $0.failed(at: now()) }, error as? RetrievalError)
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
