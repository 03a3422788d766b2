import Logging
import NIOConcurrencyHelpers
import SessionStore
import VoiceCore

/// Word between instances: a session that is ended, or goes on, elsewhere is let go here.
final class SessionNotices: Sendable {
  /// For word of an instance that runs the session, where nobody knows how many there are; and for that instance to let go of it.
  private static let answerTime = Duration.milliseconds(200)
  private static let leavingTime = Duration.seconds(2)

  private let bus: any SessionBus
  private let registry: SessionRegistry
  private let store: any SessionStore
  private let logger: Logger
  /// Of this instance.
  private let origin: String
  /// Connections that are about to go on with a session, by its name.
  private let arriving = NIOLockedValueBox<[SessionID: Arrival]>([:])

  private struct Arrival {
    var connection: SessionID
    /// What other instances say of the session. Ends when another connection goes on with it.
    var answers: AsyncStream<SessionNotice>.Continuation
  }

  init(bus: any SessionBus, registry: SessionRegistry, store: any SessionStore, origin: String, logger: Logger) {
    self.bus = bus
    self.registry = registry
    self.store = store
    self.origin = origin
    self.logger = logger
  }

  /// Hears the others, until cancelled.
  func follow() async {
    await withDiscardingTaskGroup { group in
      for await event in bus.events() {
        switch event {
        case .mayHaveMissed: group.addTask { await self.reviewAll() }
        case .notice(let notice) where notice.kind == .ended: registry.find(notice.session)?.handle.end(.sessionEnded)
        case .notice(let notice) where notice.origin == origin: break
        case .notice(let notice) where notice.kind == .replaced:
          // Judged in the order in which it is heard: an answer that comes after it must find it judged.
          let isLost = isLost(to: notice)
          group.addTask { if isLost { await self.letGo(notice.session) } else { await self.publish(notice.session, .replaced) } }
        case .notice(let notice): arriving.withLockedValue { _ = $0[notice.session]?.answers.yield(notice) }
        }
      }
    }
  }

  /// A session was deleted: whoever runs it ends it.
  func ended(_ id: SessionID) async { await publish(id, .ended) }

  /// Connection `connection` is about to go on with a session: whoever runs it lets it go, which is waited for as long as that takes.
  ///
  /// - Returns: false where yet another connection goes on with it.
  func takeOver(_ id: SessionID, by connection: SessionID) async -> Bool {
    guard bus.spansInstances else { return true }
    // An answer of each instance, and some that come twice.
    let (answers, continuation) = AsyncStream<SessionNotice>.makeStream(bufferingPolicy: .bufferingNewest(1_024))
    let before = arriving.withLockedValue { $0.updateValue(Arrival(connection: connection, answers: continuation), forKey: id) }
    if let before { end(before) }
    defer { arriving.withLockedValue { if $0[id]?.connection == connection { $0[id] = nil } } }
    let others = await publish(id, .replaced)
    if others != 0 { await wait(for: answers, of: others) }
    return arriving.withLockedValue { $0[id]?.connection == connection }
  }

  /// Until an instance has let go of the session, all have said that they do not run it, or the time is over.
  private func wait(for answers: AsyncStream<SessionNotice>, of others: Int?) async {
    let isLeaving = NIOLockedValueBox(false)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        var absent: Set<String> = []
        for await notice in answers {
          if notice.kind == .leaving { isLeaving.withLockedValue { $0 = true } }
          if notice.kind == .left { return }
          if notice.kind == .absent { absent.insert(notice.origin) }
          if let others, absent.count >= others { return }
        }
      }
      group.addTask {
        if others == nil { try? await Task.sleep(for: Self.answerTime) }
        if others != nil || isLeaving.withLockedValue({ $0 }) { try? await Task.sleep(for: Self.leavingTime) }
      }
      await group.next()
      group.cancelAll()
    }
  }

  /// A connection of another instance goes on with a session. Of two that arrive at the same moment the same one wins in the eyes of both.
  private func isLost(to notice: SessionNotice) -> Bool {
    let (isLost, loser) = arriving.withLockedValue { arriving -> (Bool, Arrival?) in
      guard arriving[notice.session] != nil else { return (true, nil) }
      return notice.origin > origin ? (true, arriving.removeValue(forKey: notice.session)) : (false, nil)
    }
    if let loser { end(loser) }
    return isLost
  }

  private func end(_ arrival: Arrival) {
    registry.find(arrival.connection)?.handle.end(.sessionReplaced)
    arrival.answers.finish()
  }

  private func letGo(_ id: SessionID) async {
    guard let running = registry.find(id) else {
      await publish(id, .absent)
      return
    }
    await publish(id, .leaving)
    running.handle.end(.sessionReplaced)
    await registry.waitUntilGone(id)
    await publish(id, .left)
  }

  /// What ended while nothing could be heard is not in the store any more.
  private func reviewAll() async {
    let suspects = await forgotten(registry.names)
    guard !suspects.isEmpty else { return }
    // One that has just begun may not be stored yet.
    try? await Task.sleep(for: .seconds(1))
    for id in await forgotten(suspects) { registry.find(id)?.handle.end(.sessionEnded) }
  }

  private func forgotten(_ ids: [SessionID]) async -> [SessionID] {
    var gone: [SessionID] = []
    for id in ids {
      do { if try await store.load(id) == nil { gone.append(id) } } catch {
        logger.debug("session not looked up", metadata: ["session": "\(id)", "error": "\(error)"])
      }
    }
    return gone
  }

  /// Answers how many others hear it, as far as that is known.
  @discardableResult private func publish(_ id: SessionID, _ kind: SessionNotice.Kind) async -> Int? {
    do { return try await bus.publish(SessionNotice(session: id, kind: kind, origin: origin)) } catch {
      logger.warning("other instances were not told", metadata: ["session": "\(id)", "what": "\(kind.rawValue)", "error": "\(error)"])
      return nil
    }
  }
}
