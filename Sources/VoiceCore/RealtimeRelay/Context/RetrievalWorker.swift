import NIOConcurrencyHelpers

/// Runs the queries of one session beside its event loop.
///
/// The loop gives orders and never waits; `run(_:report:)` belongs to the session's owner and lasts as long as the session.
package struct RetrievalWorker: Sendable {
  private enum Order: Sendable {
    case ask(id: Int, RetrievalQuery, AsyncStream<Void>)
    case warmUp
  }

  private let orders: AsyncStream<Order>
  private let continuation: AsyncStream<Order>.Continuation
  /// Finishing one cancels its query.
  private let underWay = NIOLockedValueBox<[Int: AsyncStream<Void>.Continuation]>([:])

  package init() {
    // Never more than a turn's few queries wait: they are started as soon as they come.
    (orders, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(16))
  }

  // MARK: From the loop

  package func ask(_ id: Int, _ query: RetrievalQuery) {
    let (cancelled, cancel) = AsyncStream.makeStream(of: Void.self)
    underWay.withLockedValue { $0[id] = cancel }
    continuation.yield(.ask(id: id, query, cancelled))
  }

  package func cancel(_ id: Int) { underWay.withLockedValue { $0.removeValue(forKey: id) }?.finish() }

  /// Opens the retriever's connections before the first word.
  package func warmUp() { continuation.yield(.warmUp) }

  /// The session is over: what is under way is cancelled, and `run` ends.
  package func stop() {
    continuation.finish()
    let cancels = underWay.withLockedValue { all -> [AsyncStream<Void>.Continuation] in
      defer { all = [:] }
      return Array(all.values)
    }
    for cancel in cancels { cancel.finish() }
  }

  // MARK: Beside it

  /// Answers each order with `report`, perhaps with `early` before; never for one that was cancelled. Ends with ``stop()`` or its task's cancellation.
  package func run(
    _ retriever: any ContextRetriever, report: @escaping @Sendable (_ id: Int, Result<[Passage], RetrievalError>) -> Void,
    early: @escaping @Sendable (_ id: Int, [Passage]) -> Void = { _, _ in }
  ) async {
    await withDiscardingTaskGroup { (group: inout DiscardingTaskGroup) in
      for await order in orders {
        switch order {
        case .ask(let id, let query, let cancelled):
          group.addTask {
            let result = await Self.answer(query, from: retriever, unless: cancelled) { passages in
              if underWay.withLockedValue({ $0[id] != nil }) { early(id, passages) }
            }
            if isWanted(id) { report(id, result) }
          }
        case .warmUp: group.addTask { await retriever.warmUp() }
        }
      }
      group.cancelAll()
    }
  }

  /// Claims the result of a query: the first to remove its entry reports it, and a cancelled query is not reported.
  private func isWanted(_ id: Int) -> Bool { underWay.withLockedValue { $0.removeValue(forKey: id) } != nil }

  private static func answer(
    _ query: RetrievalQuery, from retriever: any ContextRetriever, unless cancelled: AsyncStream<Void>,
    early: @escaping @Sendable ([Passage]) -> Void
  ) async -> Result<[Passage], RetrievalError> {
    await withTaskGroup(of: Result<[Passage], RetrievalError>.self) { group in
      group.addTask {
        do { return .success(try await retriever.passages(for: query, early: early)) } catch let error as RetrievalError {
          return .failure(error)
        } catch {
          return .failure(RetrievalError(.refused, "the retriever failed"))
        }
      }
      group.addTask {
        for await _ in cancelled {}
        return .failure(RetrievalError(.cancelled, "not needed any more"))
      }
      group.addTask {
        // For a retriever that keeps no time itself: one that does is let speak first. Like every task it must heed its cancellation.
        try? await Task.sleep(for: query.timeout + .milliseconds(100))
        return .failure(RetrievalError(.timeout, "no answer within \(query.timeout)"))
      }
      defer { group.cancelAll() }
      return await group.next() ?? .failure(RetrievalError(.cancelled, "not needed any more"))
    }
  }
}
