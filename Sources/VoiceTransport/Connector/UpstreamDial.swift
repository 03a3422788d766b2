import NIOCore
import NIOPosix
import NIOSSL
import VoiceCore

/// One attempt to reach an upstream server: name, TCP, TLS, handshake, within one deadline. Lives on one event loop.
final class UpstreamDial {
  /// Goal of a dial, and its receiver.
  enum Goal {
    /// TCP and TLS, and a ``ParkedHandler`` on top.
    case reach((any Channel) -> Void)
    /// A WebSocket that is not started yet.
    case open((WebSocketConnection, any Channel) -> Void)
  }

  private let url: WebSocketURL
  private let handshake: ClientHandshake
  private let configuration: WebSocketConfiguration
  private let tls: NIOSSLContext?
  private let proxy: HTTPProxy?
  private let eventLoop: any EventLoop
  private let timeout: TimeAmount
  /// Both are dropped once one is called.
  private var goal: Goal?
  private var failed: ((RealtimeConnectError) -> Void)?
  /// Every connection that this dial has made: of a name with several addresses, more than one may come about.
  private var channels: [any Channel] = []
  /// True if upstream or the proxy on the way speaks TLS.
  private let usesTLS: Bool
  /// Secrets sent by this dial, which the server may repeat.
  private let mask: SecretMask
  private var timer: Scheduled<Void>?

  init(
    _ target: RealtimeTarget, configuration: WebSocketConfiguration, tls: NIOSSLContext?, proxies: ProxyRules, eventLoop: any EventLoop,
    goal: Goal, failed: @escaping (RealtimeConnectError) -> Void
  ) throws(RealtimeConnectError) {
    guard let url = WebSocketURL(target.url) else { throw RealtimeConnectError(.invalidURL, "Not a ws:// or wss:// URL") }
    let proxy = proxies.proxy(for: url)
    usesTLS = url.isSecure || proxy?.isSecure == true
    guard !usesTLS || tls != nil else {
      throw RealtimeConnectError(.tls, "No TLS is configured for wss://")
    }
    var random = SystemRandomNumberGenerator()
    let nonce = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    self.url = url
    handshake = try ClientHandshake(url: url, key: WebSocketKey(random: nonce), headers: target.headers)
    mask = SecretMask(credentialsFor: target, and: proxy?.secrets ?? [])
    self.proxy = proxy
    self.configuration = configuration
    self.tls = tls
    self.eventLoop = eventLoop
    self.timeout = target.timeout
    self.goal = goal
    self.failed = failed
  }

  private func startTimer() {
    timer = eventLoop.assumeIsolated().scheduleTask(in: timeout) { [self] in
      fail(RealtimeConnectError(.timeout, "\(url.host):\(url.port) did not answer in time"))
    }
  }

  /// Goes on where a dial to ``Goal/reach(_:)`` ended.
  func start(over channel: any Channel) {
    startTimer()
    channels.append(channel)
    let pipeline = channel.pipeline.syncOperations
    do {
      let parked = try pipeline.handler(type: ParkedHandler.self)
      try pipeline.addHandler(handshakeHandler(on: channel), position: .after(parked))
      pipeline.removeHandler(parked, promise: nil)
    } catch {
      // Never before this returns.
      eventLoop.assumeIsolated().execute { [self] in
        fail(RealtimeConnectError(.unreachable, "\(url.host):\(url.port) closed while the connection waited"))
      }
    }
  }

  func start() {
    startTimer()
    let box = NIOLoopBound(self, eventLoop: eventLoop)
    let (host, port) = proxy.map { ($0.host, $0.port) } ?? (url.host, url.port)
    let address = try? SocketAddress(ipAddress: host, port: port)
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(timeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try box.value.configure(channel) }
      }
    let connected =
      if let address {
        bootstrap.connect(to: address)
      } else {
        bootstrap.resolver(SharedResolver(host: host, on: eventLoop)).connect(host: host, port: port)
      }
    connected.assumeIsolated().whenFailure { [self] error in
      // The error's own text may list addresses, and nothing secret.
      fail(
        RealtimeConnectError(
          .unreachable, "\(proxy == nil ? "" : "the proxy ")\(host):\(port) cannot be reached: \(NetworkFault.words(ofDial: error))"))
    }
  }

  private func configure(_ channel: any Channel) throws {
    guard failed != nil else { throw ChannelError.ioOnClosedChannel }
    channels.append(channel)
    try PassingReceiveBuffers.install(on: channel)
    guard let proxy else { return try shakeHands(on: channel) }
    if proxy.isSecure { try addTLS(to: channel, host: proxy.host) }
    try channel.pipeline.syncOperations.addHandler(
      ProxyTunnelHandler(to: url, by: proxy) { [self] result in
        do {
          try result.get()
          try shakeHands(on: channel)
        } catch {
          fail(
            error as? RealtimeConnectError ?? RealtimeConnectError(.unreachable, "\(url.host):\(url.port): \(NetworkFault.words(error))"))
        }
      })
  }

  private func addTLS(to channel: any Channel, host: String) throws {
    guard let tls else { return }
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host))
  }

  /// Dials over TCP, or over a proxy's tunnel.
  private func shakeHands(on channel: any Channel) throws {
    if url.isSecure { try addTLS(to: channel, host: url.host) }
    guard case .reach = goal else { return try channel.pipeline.syncOperations.addHandler(handshakeHandler(on: channel)) }
    try channel.pipeline.syncOperations.addHandler(
      ParkedHandler(isSecure: url.isSecure) { [self] in
        guard case .reach(let reached) = goal.take() else { return channel.close(promise: nil) }
        settle(on: channel)
        reached(channel)
      } failed: { [self] error in
        fail(RealtimeConnectError(ClientHandshakeHandler.code(of: error), "\(url.host): \(NetworkFault.words(error))"))
      })
  }

  private func handshakeHandler(on channel: any Channel) -> ClientHandshakeHandler {
    ClientHandshakeHandler(handshake) { [self] result in
      switch result {
      case .success(let early): open(channel, early: early)
      case .failure(let error): fail(error)
      }
    }
  }

  private func open(_ channel: any Channel, early: ByteBuffer) {
    // An answer that came too late.
    guard goal != nil else { return channel.close(promise: nil) }
    let connection = WebSocketConnection(role: .client, configuration: configuration, isSecure: usesTLS)
    let pipeline = channel.pipeline.syncOperations
    do {
      let handler = try pipeline.handler(type: ClientHandshakeHandler.self)
      try pipeline.addHandler(connection, position: .after(handler))
      pipeline.removeHandler(handler, promise: nil)
    } catch {
      return fail(RealtimeConnectError(.unreachable, "\(url.host):\(url.port) closed as it answered"))
    }
    guard case .open(let opened) = goal.take() else { return channel.close(promise: nil) }
    settle(on: channel)
    if early.readableBytes > 0 { connection.early = early }
    opened(connection, channel)
  }

  /// This channel it is.
  private func settle(on channel: any Channel) {
    failed = nil
    timer?.cancel()
    for other in channels where other !== channel { other.close(promise: nil) }
    channels = []
  }

  private func fail(_ error: RealtimeConnectError) {
    guard let failed = failed.take() else { return }
    goal = nil
    timer?.cancel()
    for channel in channels { channel.close(promise: nil) }
    channels = []
    failed(RealtimeConnectError(error.code, mask.masked(error.message), status: error.status))
  }
}
