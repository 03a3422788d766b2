import Logging
import NIOConcurrencyHelpers
import RateLimiting
import SessionStore
import VoiceCore

/// Word between instances: the one that runs a session is asked, and told, alone.
final class SessionHandover: Sendable {
  /// Time for an instance that has answered to release the session.
  private static let leavingTime = Duration.seconds(2)

  private let bus: any SessionBus
  private let registry: SessionRegistry
  private let store: any SessionStore
  private let answerTime: Duration
  private let logger: Logger
  private let state = NIOLockedValueBox(State())
  private let reviews = NewestValue<Void>()

  private struct State {
    var next: UInt64 = 0
    /// Questions under way, by session.
    var waiting: [SessionID: [UInt64: AsyncStream<SessionMessage>.Continuation]] = [:]
  }

  init(bus: any SessionBus, registry: SessionRegistry, store: any SessionStore, answerTime: Duration, logger: Logger) {
    self.bus = bus
    self.registry = registry
    self.store = store
    self.answerTime = answerTime
    self.logger = logger
  }

  var instance: String { bus.instance }

  // MARK: To others

  /// A session was deleted: its owner ends it.
  func ended(_ session: SessionID, owner: SessionOwner) async {
    let notice = SessionMessage(session: session, kind: .ended, origin: instance)
    do { _ = try await bus.send(notice, to: owner.instance) } catch { complain(notice, error) }
  }

  /// A session was deleted of which no owner is known: all instances are notified, and one that runs it ends it. True where one answers that
  /// it does.
  func endedAnywhere(_ session: SessionID) async -> Bool {
    let notice = SessionMessage(session: session, kind: .ended, origin: instance)
    return await withAnswers(of: session) { answers in
      do { try await bus.publish(notice) } catch {
        complain(notice, error)
        return false
      }
      guard bus.spansInstances else { return false }
      return await withTaskGroup(of: Bool.self) { group in
        group.addTask {
          for await answer in answers where answer.kind == .leaving || answer.kind == .left { return true }
          return false
        }
        group.addTask {
          try? await Task.sleep(for: self.answerTime)
          return false
        }
        defer { group.cancelAll() }
        return await group.next() ?? false
      }
    }
  }

  /// `owner` took the session over from `previous`, who may not know it yet.
  func replaced(_ session: SessionID, by owner: SessionOwner, from previous: SessionOwner) async {
    let notice = SessionMessage(session: session, kind: .replaced, origin: instance, generation: owner.generation)
    do { _ = try await bus.send(notice, to: previous.instance) } catch { complain(notice, error) }
  }

  /// Has the session's owner store it and let it go; waits as long as that takes, and not at all for an instance that has stopped. False
  /// where it stays there, for a client that came after `arrival`.
  func handOver(_ session: SessionID, from owner: SessionOwner, arrival: Int64?) async -> Bool {
    await ask(.handOver, session, owner.instance, arrival: arrival) != .stays
  }

  /// Has another instance end a session that waits for its client. True when its place is free.
  func makeRoom(_ lease: SessionLease) async -> Bool {
    guard lease.owner.instance != instance, !lease.owner.instance.isEmpty else { return false }
    return await ask(.makeRoom, lease.session, lease.owner.instance) == .left
  }

  /// Answer that ends the question: `left` once the session has ended there; nil where none comes.
  private func ask(
    _ kind: SessionMessage.Kind, _ session: SessionID, _ other: String, arrival: Int64? = nil
  ) async -> SessionMessage.Kind? {
    guard bus.spansInstances else { return nil }
    return await withAnswers(of: session) { answers in
      let notice = SessionMessage(session: session, kind: kind, origin: instance, arrival: arrival ?? 0)
      do { if try await bus.send(notice, to: other) == false { return nil } } catch {
        complain(notice, error)
        return nil
      }
      let isLeaving = NIOLockedValueBox(false)
      return await withTaskGroup(of: SessionMessage.Kind?.self) { group in
        group.addTask {
          for await answer in answers {
            switch answer.kind {
            case .leaving: isLeaving.withLockedValue { $0 = true }
            case .left, .absent: return answer.kind
            // Others here may have asked as well, who came later.
            case .stays where answer.arrival > notice.arrival: return .stays
            default: break
            }
          }
          return nil
        }
        group.addTask {
          try? await Task.sleep(for: self.answerTime)
          if isLeaving.withLockedValue({ $0 }) { try? await Task.sleep(for: Self.leavingTime) }
          return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
      }
    }
  }

  /// Gives `body` what other instances answer about a session from now on.
  private func withAnswers<Value>(of session: SessionID, _ body: (AsyncStream<SessionMessage>) async -> Value) async -> Value {
    let (answers, continuation) = AsyncStream<SessionMessage>.makeStream(bufferingPolicy: .bufferingNewest(8))
    let number = state.withLockedValue { state in
      state.next += 1
      state.waiting[session, default: [:]][state.next] = continuation
      return state.next
    }
    defer {
      state.withLockedValue { state in
        state.waiting[session]?[number] = nil
        if state.waiting[session]?.isEmpty == true { state.waiting[session] = nil }
      }
    }
    return await body(answers)
  }

  private func complain(_ notice: SessionMessage, _ error: any Error) {
    logger.warning(
      "other instances were not told of a session",
      metadata: ["session": "\(notice.session)", "what": "\(notice.kind.rawValue)", "error": "\(error)"])
  }

  // MARK: From others

  /// Hears the others, until cancelled.
  func follow() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.reviews.read { await self.review() } }
      for await event in bus.events() {
        guard case .notice(let notice) = event else {
          reviews.put(())
          continue
        }
        switch notice.kind {
        case .ended:
          guard let holder = registry.holder(of: notice.session) else { continue }
          holder.handle.end(.sessionEnded)
          if notice.origin != instance { group.addTask { await self.answer(notice, .leaving) } }
        case .replaced where notice.origin != instance:
          registry.supersede(notice.session, by: notice.generation == 0 ? .max : notice.generation)?.end(.sessionReplaced)
        case .handOver where notice.origin != instance:
          // Judged in the order in which it is heard, but where the store has to be asked.
          let verdict = registry.precedence(over: notice.arrival, in: notice.session)
          if verdict == .unknown {
            group.addTask { await self.judgeByStore(notice) }
          } else {
            let isLeaving = obey(verdict, notice.session)
            group.addTask { await self.answer(notice, verdict, isLeaving: isLeaving) }
          }
        case .makeRoom where notice.origin != instance:
          let holder = registry.holder(of: notice.session)
          group.addTask { await self.answer(notice, isLeaving: await holder?.handle.endIfAbandoned() ?? false) }
        case .absent, .leaving, .left, .stays:
          for waiting in state.withLockedValue({ Array(($0.waiting[notice.session] ?? [:]).values) }) { waiting.yield(notice) }
        default: break  // Kinds are an open set, and a word of one's own is no news.
        }
      }
      group.cancelAll()
    }
  }

  /// The store knows nothing of a client that moved in, but tells the time, by which its arrival is known.
  private func judgeByStore(_ notice: SessionMessage) async {
    let asked = ContinuousClock.now
    let time = (try? await store.tenure(of: notice.session))?.time
    let reading = time.map { StoreClockReading($0, asked: asked, answered: .now) }
    let verdict = registry.precedence(over: notice.arrival, in: notice.session, by: reading)
    await answer(notice, verdict, isLeaving: obey(verdict, notice.session))
  }

  /// True where a session that runs here is let go.
  private func obey(_ verdict: ClaimPrecedence, _ session: SessionID) -> Bool {
    switch verdict {
    case .stays, .undecided: return false
    case .givesWay, .unknown:
      let holder = registry.holder(of: session)
      holder?.handle.end(.sessionReplaced)
      return holder?.isRunning ?? false
    }
  }

  private func answer(_ notice: SessionMessage, _ verdict: ClaimPrecedence, isLeaving: Bool) async {
    guard case .stays(let arrival) = verdict else { return await answer(notice, isLeaving: isLeaving) }
    await answer(notice, .stays, arrival: arrival)
  }

  private func answer(_ notice: SessionMessage, isLeaving: Bool) async {
    guard isLeaving else { return await answer(notice, .absent) }
    await answer(notice, .leaving)
    await registry.waitUntilGone(notice.session, within: Self.leavingTime)
    await answer(notice, .left)
  }

  private func answer(_ notice: SessionMessage, _ kind: SessionMessage.Kind, arrival: Int64 = 0) async {
    let answer = SessionMessage(session: notice.session, kind: kind, origin: instance, arrival: arrival)
    do { _ = try await bus.send(answer, to: notice.origin) } catch { complain(answer, error) }
  }

  /// Ends what was deleted, or taken over, while nothing could be heard. One review runs at a time, however many are due.
  private func review() async {
    await withTaskGroup(of: Void.self) { group in
      for (index, running) in registry.running.enumerated() {
        if index >= 32 { await group.next() }
        group.addTask { [store, logger] in
          do {
            switch try await store.touch(running.session, as: running.owner) {
            case .replaced: running.handle.end(.sessionReplaced)
            case .deleted: running.handle.end(.sessionEnded)
            // A session that runs does not depend on its stored copy, which may have made room for others.
            case .kept, .missing: break
            }
          } catch { logger.debug("session not looked up", metadata: ["session": "\(running.session)", "error": "\(error)"]) }
        }
      }
    }
  }
}
