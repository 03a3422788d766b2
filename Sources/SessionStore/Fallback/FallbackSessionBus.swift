/// Notices over Redis; those that could not be sent reach the other instances once it is back.
public final class FallbackSessionBus: SessionBus, FallbackComponent {
  private let primary: any SessionBus
  private let fallback: Fallback

  /// - Parameter primary: tells subscribers of this process also when Redis is away.
  public init(primary: any SessionBus, fallback: Fallback) {
    self.primary = primary
    self.fallback = fallback
    fallback.add(self)
  }

  @discardableResult public func publish(_ notice: SessionNotice) async throws -> Int? {
    // Asked also where Redis is known to be away: this process is told in any case.
    do { return try await primary.publish(notice) } catch {
      _ = try await fallback.onPrimary(noting: .notice(notice)) { throw error }
      return nil
    }
  }

  public func events() -> AsyncStream<SessionBusEvent> { primary.events() }
  public var spansInstances: Bool { primary.spansInstances && !fallback.isActive }

  func writeThrough(_ changes: [FallbackChange], isFirst: Bool) async throws {
    let notices = changes.compactMap { change -> SessionNotice? in
      switch change {
      case .notice(let notice): notice
      case .session, .deletion, .admission, .refund, .reset, .lease, .release: nil
      }
    }
    try await Bounded.all(notices) { [primary] notice in try await primary.publish(notice) }
  }
}
