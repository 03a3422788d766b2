import NIOConcurrencyHelpers

/// Notices within this process.
public final class MemorySessionBus: SessionBus {
  private struct State {
    var nextID = 0
    var subscribers: [Int: AsyncStream<SessionBusEvent>.Continuation] = [:]
  }

  private let buffered: Int
  private let state = NIOLockedValueBox(State())

  /// - Parameter buffered: what waits for a slow subscriber; beyond, the oldest go and the subscriber is told.
  public init(buffered: Int = 1_024) { self.buffered = buffered }

  @discardableResult public func publish(_ notice: SessionNotice) async -> Int? {
    deliver(.notice(notice))
    return 0
  }

  public func events() -> AsyncStream<SessionBusEvent> {
    AsyncStream(bufferingPolicy: .bufferingNewest(buffered)) { continuation in
      let id = state.withLockedValue { state in
        state.nextID += 1
        state.subscribers[state.nextID] = continuation
        return state.nextID
      }
      continuation.onTermination = { [weak self] _ in self?.state.withLockedValue { _ = $0.subscribers.removeValue(forKey: id) } }
    }
  }

  public var spansInstances: Bool { false }

  func deliver(_ event: SessionBusEvent) {
    for subscriber in state.withLockedValue({ Array($0.subscribers.values) }) {
      if case .dropped = subscriber.yield(event) { subscriber.yield(.mayHaveMissed) }
    }
  }
}
