import NIOConcurrencyHelpers
public import NIOCore
public import VoiceCore

/// Remembers answers for a while: the same question is not asked twice.
public struct CachedRetriever: ContextRetriever {
  /// Bounds of the cache.
  public struct Configuration: Sendable, Equatable {
    /// Results that are kept at most.
    public var capacity: Int
    /// Age at which a result is asked for again.
    public var lifetime: Duration
    /// Askers that share results.
    public var sharing: Sharing

    /// Creates a configuration.
    public init(capacity: Int = 512, lifetime: Duration = .seconds(60), sharing: Sharing = .asker) {
      self.capacity = capacity
      self.lifetime = lifetime
      self.sharing = sharing
    }
  }

  /// Askers that get the same answer to the same question.
  public enum Sharing: Sendable, Equatable {
    /// Those of one tenant: of the asker, nothing else counts.
    case tenant
    /// One user with one plan, after the same question: the retriever may judge by all that it is told but the session.
    case asker
  }

  private struct Key: Hashable, Sendable {
    let query: RetrievalQuery

    /// Case, blanks and the sign at the end do not count; signs within do: C++ is not C#, 1.5 is not 15, and an accent makes another word.
    init(_ query: RetrievalQuery, sharing: Sharing) {
      var query = query
      var text = query.text.lowercased().onOneLine[...]
      while let last = text.last, ".?!…。？！ ".contains(last) { text.removeLast() }
      query.text = String(text)
      query.timeout = .zero
      switch sharing {
      case .tenant: (query.asker, query.language, query.previous) = (RetrievalAsker(tenant: query.asker?.tenant), nil, nil)
      case .asker: query.asker?.session = nil
      }
      self.query = query
    }
  }

  private let base: any ContextRetriever
  private let sharing: Sharing
  private let now: @Sendable () -> NIODeadline
  private let answers: NIOLockedValueBox<ExpiringLRU<Key, [Passage]>>

  /// Creates a cache before a retriever.
  public init(_ base: any ContextRetriever, configuration: Configuration = Configuration(), now: @escaping @Sendable () -> NIODeadline) {
    self.base = base
    self.now = now
    sharing = configuration.sharing
    answers = NIOLockedValueBox(ExpiringLRU(capacity: configuration.capacity, lifetime: TimeAmount(configuration.lifetime)))
  }

  public func warmUp() async { await base.warmUp() }

  public func passages(for query: RetrievalQuery) async throws -> [Passage] { try await passages(for: query) { _ in } }

  public func passages(for query: RetrievalQuery, early: @escaping @Sendable ([Passage]) -> Void) async throws -> [Passage] {
    let key = Key(query, sharing: sharing)
    if let known = answers.withLockedValue({ $0.value(for: key, at: now()) }) { return known }
    let passages = try await base.passages(for: query, early: early)
    answers.withLockedValue { $0.insert(passages, for: key, at: now()) }
    return passages
  }
}
