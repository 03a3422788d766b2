public import Logging
public import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Sends all metrics to a StatsD or DogStatsD agent over UDP, every ten seconds. What gets lost on the way is lost.
public struct StatsDExporter: Service {
  private let host: String
  private let port: Int
  private let interval: Duration
  private let group: any EventLoopGroup
  private let metrics: @Sendable () -> [MetricFamily]
  private let logger: Logger

  /// Creates an exporter that sends to an agent over UDP.
  public init(
    host: String, port: Int = 8_125, interval: Duration = .seconds(10), group: any EventLoopGroup,
    metrics: @escaping @Sendable () -> [MetricFamily], logger: Logger
  ) {
    self.host = host
    self.port = port
    self.interval = interval
    self.group = group
    self.metrics = metrics
    self.logger = logger
  }

  /// Sends until a graceful shutdown, and once more then.
  public func run() async {
    var packets = StatsDPackets()
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
      await send(packets.next(metrics()))
    }
  }

  /// The name is looked up each time: agents move.
  private func send(_ packets: [String]) async {
    do {
      // The system's resolver blocks its thread: never an event loop's.
      let agent = try await NIOThreadPool.singleton.runIfActive { [host, port] in
        try SocketAddress.makeAddressResolvingHost(host, port: port)
      }
      let isIPv6 = agent.protocol == .inet6
      let channel = try await DatagramBootstrap(group: group).bind(host: isIPv6 ? "::" : "0.0.0.0", port: 0).get()
      for packet in packets {
        try? await channel.writeAndFlush(AddressedEnvelope(remoteAddress: agent, data: ByteBuffer(string: packet)))
      }
      try await channel.close()
    } catch {
      logger.debug("not sent to the StatsD agent", metadata: ["host": "\(host)", "error": "\(error)"])
    }
  }
}
