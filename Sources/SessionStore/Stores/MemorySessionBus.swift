import NIOConcurrencyHelpers

/// Notices within this process.
public final class MemorySessionBus: SessionBus {
  private struct State {
    var nextID = 0
    var subscribers: [Int: AsyncStream<SessionBusEvent>.Continuation] = [:]
  }

  public let instance: String
  private let buffered: Int
  private let state = NIOLockedValueBox(State())

  /// - Parameter buffered: what waits for a slow subscriber; beyond, the oldest go and the subscriber is notified.
  /// - Parameter instance: name of this instance.
  public init(instance: String = RedisTicketStore.randomClaim(), buffered: Int = 1_024) {
    self.instance = instance
    self.buffered = buffered
  }

  public func publish(_ notice: SessionMessage) async { deliver(.notice(notice)) }

  @discardableResult public func send(_ notice: SessionMessage, to instance: String) async -> Bool? {
    guard instance == self.instance else { return false }
    deliver(.notice(notice))
    return true
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
