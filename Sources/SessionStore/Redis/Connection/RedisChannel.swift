import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// One connection to one server on one event loop, for many callers on any thread; it dials again by itself.
///
/// What is submitted waits in an inbox, so that the event loop is woken once for many commands and writes them at once.
final class RedisChannel: Sendable {
  struct Target: Sendable {
    var endpoint: RedisEndpoint
    var handshake: RedisHandshake
    /// Nil for plain TCP.
    var tls: NIOSSLContext?
    /// Dials fail after this, handshake included.
    var connectTimeout: TimeAmount
    var backoff: Backoff
    var bounds: RedisConfiguration.Bounds
    /// Most channels of one pool.
    var maximumConnections: Int
    var refusals: LoginErrorLog
    var losses = LostConnections()
  }

  private struct Inbox {
    var requests: [RedisRequest] = []
    var isDrainDue = false
    var isClosed = false
    var closedBy: RedisError?
  }

  let endpoint: RedisEndpoint
  private let eventLoop: any EventLoop
  private let maximumInbox: Int
  private let inbox = NIOLockedValueBox(Inbox())
  private let core: NIOLoopBoundBox<RedisChannelDriver>

  init(_ target: Target, eventLoop: any EventLoop, logger: Logger, jitter: @escaping @Sendable () -> Double) {
    endpoint = target.endpoint
    self.eventLoop = eventLoop
    maximumInbox = target.bounds.commands
    core = .makeBoxSendingValue(RedisChannelDriver(target, eventLoop: eventLoop, logger: logger, jitter: jitter), eventLoop: eventLoop)
  }

  /// Sends the command when it can, and answers within its deadline.
  func perform(_ wire: ByteBuffer, ignoredReplies: Int = 0, deadline: NIODeadline, isUrgent: Bool = false) async -> Result<
    RedisReply, RedisError
  > {
    // A request completes exactly once: the check would cost a tenth of what a command does.
    await withUnsafeContinuation { continuation in
      submit(
        RedisRequest(wire: wire, ignoredReplies: ignoredReplies, deadline: deadline, isUrgent: isUrgent) {
          continuation.resume(returning: $0)
        })
    }
  }

  /// Drops the connection and dials again: the server is not what it was.
  func reconnect(_ reason: RedisError) { eventLoop.execute { self.core.value.reconnect(reason) } }

  /// - Parameter error: told to the commands that are under way.
  func close(_ error: RedisError = RedisError(.shutDown, "the client is shut down")) {
    let left = inbox.withLockedValue { inbox in
      inbox.isClosed = true
      inbox.closedBy = error
      defer { inbox.requests = [] }
      return inbox.requests
    }
    for request in left { request.fail(error) }
    eventLoop.execute { self.core.value.stop(error) }
  }

  private enum Admission { case wake, queued, full, closed }

  func submit(_ request: RedisRequest) {
    let admission = inbox.withLockedValue { inbox -> Admission in
      guard !inbox.isClosed else { return .closed }
      guard inbox.requests.count < maximumInbox else { return .full }
      inbox.requests.append(request)
      if inbox.isDrainDue { return .queued }
      inbox.isDrainDue = true
      return .wake
    }
    switch admission {
    case .wake: eventLoop.execute { self.drain() }
    case .queued: break
    case .full: request.fail(RedisError(.overloaded, "too many commands wait to be sent"))
    case .closed: request.fail(inbox.withLockedValue { $0.closedBy } ?? RedisError(.shutDown, "the client is shut down"))
    }
  }

  private func drain() {
    let requests = inbox.withLockedValue { inbox in
      inbox.isDrainDue = false
      defer { inbox.requests = [] }
      return inbox.requests
    }
    core.value.submit(requests)
  }
}
