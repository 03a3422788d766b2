/// Notices over Redis; a session's end that could not be told reaches the other instances once it is back.
///
/// Of take-overs nothing is sent later: the owner that is stored with the session tells of them.
public final class FallbackSessionBus: SessionBus, FallbackComponent {
  private let primary: any SessionBus
  private let fallback: Fallback

  /// Creates a bus that falls back to this instance alone.
  public init(primary: any SessionBus, fallback: Fallback) {
    self.primary = primary
    self.fallback = fallback
    fallback.add(self)
  }

  public var instance: String { primary.instance }

  public func publish(_ notice: SessionMessage) async throws {
    // Asked also where Redis is known to be unavailable: this process is notified in any case.
    do { try await primary.publish(notice) } catch { try await later(notice, error) }
  }

  @discardableResult public func send(_ notice: SessionMessage, to instance: String) async throws -> Bool? {
    guard spansInstances || instance == self.instance else {
      try await later(notice, RedisError(.unreachable, "Redis is away"))
      return nil
    }
    do { return try await primary.send(notice, to: instance) } catch {
      try await later(notice, error)
      return nil
    }
  }

  private func later(_ notice: SessionMessage, _ error: any Error) async throws {
    _ = try await fallback.onPrimary(noting: notice.kind == .ended ? .notice(notice) : nil) { throw error }
  }

  public func events() -> AsyncStream<SessionBusEvent> { primary.events() }
  public var spansInstances: Bool { primary.spansInstances && !fallback.isActive }

  func inventory() -> [FallbackChange] { [] }

  func writeThrough(_ changes: [FallbackChange]) async throws {
    let notices = changes.compactMap { change -> SessionMessage? in if case .notice(let notice) = change { notice } else { nil } }
    try await withLimitedConcurrency(notices) { [primary] notice in try await primary.publish(notice) }
  }
}
