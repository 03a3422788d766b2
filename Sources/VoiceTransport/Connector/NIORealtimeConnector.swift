public import NIOCore
import NIOPosix
public import NIOSSL
public import VoiceCore

/// Dials upstream servers over TCP and TLS.
public struct NIORealtimeConnector: RealtimeConnector {
  private let configuration: WebSocketConfiguration
  private let tls: NIOSSLContext?
  private let proxies: ProxyRules

  /// - Parameter tls: for `wss` URLs; ``tls(authoritiesFile:)`` makes one. Without it they are refused.
  /// - Parameter configuration: settings.
  /// - Parameter proxies: proxies on the way; none unless given.
  public init(
    configuration: WebSocketConfiguration = WebSocketConfiguration(), tls: NIOSSLContext? = nil, proxies: ProxyRules = ProxyRules()
  ) {
    self.configuration = configuration
    self.tls = tls
    self.proxies = proxies
  }

  /// TLS 1.2 and later, host name checked, trust in the system's authorities or those of a PEM file.
  public static func tls(authoritiesFile: String? = nil) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    if let authoritiesFile { configuration.trustRoots = .file(authoritiesFile) }
    return try NIOSSLContext(configuration: configuration)
  }

  public func connect(
    to target: RealtimeTarget, on eventLoop: any EventLoop,
    opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
    failed: @escaping (RealtimeConnectError) -> Void
  ) {
    connect(to: target, over: nil, on: eventLoop, opened: opened, failed: failed)
  }

  /// - Parameter channel: one that was parked for this server; nil dials.
  func connect(
    to target: RealtimeTarget, over channel: (any Channel)?, on eventLoop: any EventLoop,
    opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
    failed: @escaping (RealtimeConnectError) -> Void
  ) {
    dial(
      target, over: channel, on: eventLoop,
      .open { connection, _ in
        connection.start(opened(connection))
        connection.flush()
      }, failed: failed)
  }

  /// Makes a connection that waits for its use.
  func park(
    _ target: RealtimeTarget, opensSession: Bool, on eventLoop: any EventLoop, opened: @escaping (WarmPool.Parked) -> Void,
    failed: @escaping () -> Void
  ) {
    let goal: UpstreamDial.Goal =
      opensSession ? .open { opened(.connection($0, $1)) } : .reach { opened(.channel($0)) }
    dial(target, over: nil, on: eventLoop, goal) { _ in failed() }
  }

  private func dial(
    _ target: RealtimeTarget, over channel: (any Channel)?, on eventLoop: any EventLoop, _ goal: UpstreamDial.Goal,
    failed: @escaping (RealtimeConnectError) -> Void
  ) {
    eventLoop.preconditionInEventLoop()
    let dial: UpstreamDial
    do {
      dial = try UpstreamDial(
        target, configuration: configuration, tls: tls, proxies: proxies, eventLoop: eventLoop, goal: goal, failed: failed)
    } catch {
      return eventLoop.assumeIsolated().execute { failed(error) }
    }
    if let channel { dial.start(over: channel) } else { dial.start() }
  }
}
