import HTTPTypes
import NIOConcurrencyHelpers
public import NIOCore
public import VoiceCore

/// Dials upstream before a caller asks: a few connections to each server wait with TCP and TLS done, so that a session costs one round trip
/// where it cost three or four. Where there is none, a plain dial follows.
///
/// ``run()`` makes and keeps the connections. Each event loop has its own, as a session's two legs share one.
public final class WarmConnector: RealtimeConnector {
  /// Number of connections that wait, and how far they go.
  public struct Configuration: Sendable {
    /// Connections for each server, on all event loops together, rounded up to whole ones a loop.
    public var count: Int
    /// Go on to the WebSocket and what upstream says first, `session.created`. Such a session exists at the provider before it is used,
    /// and is sent no `traceparent` of the caller's. Used for the model of the targets alone.
    public var opensSessions: Bool
    /// Time after which a connection that was not taken is replaced.
    public var maxAge: TimeAmount

    /// Creates a configuration.
    public init(count: Int, opensSessions: Bool = false, maxAge: TimeAmount = .seconds(30)) {
      self.count = count
      self.opensSessions = opensSessions
      self.maxAge = maxAge
    }
  }

  private typealias Pools = [String: WarmPool]

  /// A server that does not answer on a connection that waited is dialled anew after this.
  private static let patience = TimeAmount.seconds(2)

  private let connector: NIORealtimeConnector
  private let targets: [RealtimeTarget]
  private let configuration: Configuration
  private let group: any EventLoopGroup
  private let pools = NIOLockedValueBox<[ObjectIdentifier: NIOLoopBound<Pools>]>([:])
  private let dialled: @Sendable (_ isHit: Bool) -> Void

  /// - Parameters:
  ///   - connector: dials.
  ///   - targets: what is kept warm; alternatives are named one by one.
  ///   - configuration: how many, and how far.
  ///   - group: event loops of the sessions.
  ///   - dialled: called for each dial to one of the targets; true where a connection waited for it.
  public init(
    _ connector: NIORealtimeConnector, targets: [RealtimeTarget], configuration: Configuration, group: any EventLoopGroup,
    dialled: @escaping @Sendable (_ isHit: Bool) -> Void = { _ in }
  ) {
    self.connector = connector
    self.targets = targets
    self.configuration = configuration
    self.group = group
    self.dialled = dialled
  }

  /// Keeps connections ready until cancelled, then closes those that wait.
  public func run() async {
    let loops = Array(group.makeIterator())
    for loop in loops { await onLoop(loop) { self.start(on: loop, share: (self.configuration.count + loops.count - 1) / loops.count) } }
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    await withTaskCancellationHandler {
      for await _ in ends {}
    } onCancel: {
      end.finish()
    }
    for loop in loops {
      await onLoop(loop) {
        let own = self.pools.withLockedValue { $0.removeValue(forKey: ObjectIdentifier(loop)) }
        for pool in own?.value.values ?? [:].values { pool.stop() }
      }
    }
  }

  private func onLoop(_ loop: any EventLoop, _ body: @escaping @Sendable () -> Void) async {
    try? await loop.submit(body).get()
  }

  private func start(on loop: any EventLoop, share: Int) {
    let limits = WarmPoolStateMachine.Limits(count: share, maxAge: configuration.maxAge)
    var own: Pools = [:]
    for target in targets {
      guard let key = key(of: target), own[key] == nil else { continue }
      own[key] = WarmPool(limits, on: loop) { [connector, configuration] opened, failed in
        connector.park(target, opensSession: configuration.opensSessions, on: loop, opened: opened, failed: failed)
      }
    }
    let bound = NIOLoopBound(own, eventLoop: loop)
    pools.withLockedValue { $0[ObjectIdentifier(loop)] = bound }
    for pool in own.values { pool.start() }
  }

  /// Key of what a connection that waits can be used for: all that goes to this server, or, where it is a session, this very request.
  private func key(of target: RealtimeTarget) -> String? {
    guard configuration.opensSessions else {
      return WebSocketURL(target.url).map { "\($0.isSecure ? "wss" : "ws")://\($0.authority)" }
    }
    let fields = target.headers.filter { !TraceContext.fieldNames.contains($0.name) }.map { "\($0.name.canonicalName):\($0.value)" }
    return ([target.url] + fields.sorted()).joined(separator: "\n")
  }

  public func connect(
    to target: RealtimeTarget, on eventLoop: any EventLoop,
    opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
    failed: @escaping (RealtimeConnectError) -> Void
  ) {
    eventLoop.preconditionInEventLoop()
    let own = pools.withLockedValue { $0[ObjectIdentifier(eventLoop)] }
    let pool = own.flatMap { pools in key(of: target).flatMap { pools.value[$0] } }
    let found = pool?.take()
    if pool != nil { dialled(found != nil) }
    switch found {
    case nil: connector.connect(to: target, on: eventLoop, opened: opened, failed: failed)
    case .connection(let connection, _):
      // Never before this returns.
      eventLoop.assumeIsolated().execute {
        connection.start(opened(connection))
        connection.flush()
        pool?.succeeded()
      }
    case .channel(let channel):
      let deadline = eventLoop.now + target.timeout
      var quick = target
      quick.timeout = min(target.timeout, Self.patience)
      connector.connect(to: quick, over: channel, on: eventLoop) { connection in
        pool?.succeeded()
        return opened(connection)
      } failed: { [connector] error in
        // The server may have dropped it, or have gone, while it waited.
        guard error.code == .unreachable || error.code == .timeout else { return failed(error) }
        var rest = target
        rest.timeout = deadline - eventLoop.now
        guard rest.timeout > .zero else { return failed(error) }
        connector.connect(to: rest, on: eventLoop, opened: opened, failed: failed)
      }
    }
  }
}
