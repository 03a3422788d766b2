import NIOCore
import NIOPosix
import NIOSSL
import VoiceCore

/// One attempt to reach an upstream server: name, TCP, TLS, handshake, within one deadline. Lives on one event loop.
final class UpstreamDial {
  private let url: WebSocketURL
  private let handshake: ClientHandshake
  private let configuration: WebSocketConfiguration
  private let tls: NIOSSLContext?
  private let eventLoop: any EventLoop
  private let timeout: TimeAmount
  /// Both are dropped once one is called.
  private var opened: ((any RealtimeConnection) -> any RealtimeConnectionDelegate)?
  private var failed: ((RealtimeConnectError) -> Void)?
  private var channel: (any Channel)?
  private var timer: Scheduled<Void>?

  init(
    _ target: RealtimeTarget, configuration: WebSocketConfiguration, tls: NIOSSLContext?, eventLoop: any EventLoop,
    opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate, failed: @escaping (RealtimeConnectError) -> Void
  ) throws(RealtimeConnectError) {
    guard let url = WebSocketURL(target.url) else { throw RealtimeConnectError(.invalidURL, "Not a ws:// or wss:// URL") }
    guard !url.isSecure || tls != nil else { throw RealtimeConnectError(.tls, "No TLS is configured for wss://") }
    var random = SystemRandomNumberGenerator()
    let nonce = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    self.url = url
    handshake = try ClientHandshake(url: url, key: WebSocketKey(random: nonce), headers: target.headers)
    self.configuration = configuration
    self.tls = tls
    self.eventLoop = eventLoop
    self.timeout = target.timeout
    self.opened = opened
    self.failed = failed
  }

  func start() {
    timer = eventLoop.assumeIsolated().scheduleTask(in: timeout) { [self] in
      fail(RealtimeConnectError(.timeout, "\(url.host):\(url.port) did not answer in time"))
    }
    let box = NIOLoopBound(self, eventLoop: eventLoop)
    let connected = ClientBootstrap(group: eventLoop)
      .connectTimeout(timeout)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try box.value.configure(channel) }
      }
      .connect(host: url.host, port: url.port)
    connected.assumeIsolated().whenFailure { [self] error in
      // The error's own text may list addresses, and nothing secret.
      fail(RealtimeConnectError(.unreachable, "\(url.host):\(url.port) cannot be reached: \(error)"))
    }
  }

  private func configure(_ channel: any Channel) throws {
    guard failed != nil else { throw ChannelError.ioOnClosedChannel }
    self.channel = channel
    let pipeline = channel.pipeline.syncOperations
    if url.isSecure, let tls {
      let isAddress = (try? SocketAddress(ipAddress: url.host, port: 0)) != nil
      try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : url.host))
    }
    try pipeline.addHandler(
      ClientHandshakeHandler(handshake) { [self] result in
        switch result {
        case .success(let early): open(channel, early: early)
        case .failure(let error): fail(error)
        }
      })
  }

  private func open(_ channel: any Channel, early: ByteBuffer) {
    guard let opened = opened.take() else { return }
    failed = nil
    timer?.cancel()
    self.channel = nil
    let connection = WebSocketConnection(role: .client, configuration: configuration, isSecure: url.isSecure)
    let pipeline = channel.pipeline.syncOperations
    do {
      let handler = try pipeline.handler(type: ClientHandshakeHandler.self)
      try pipeline.addHandler(connection, position: .after(handler))
      pipeline.removeHandler(handler, promise: nil)
    } catch { return channel.close(promise: nil) }
    if early.readableBytes > 0 { connection.early = early }
    connection.start(opened(connection))
    connection.flush()
  }

  private func fail(_ error: RealtimeConnectError) {
    guard let failed = failed.take() else { return }
    opened = nil
    timer?.cancel()
    channel?.close(promise: nil)
    channel = nil
    failed(error)
  }
}
