import NIOCore
import NIOPosix

/// Looks for a port to listen on.
enum PortProbe {
  /// The first of `candidates` that nobody listens on; nil when all are taken. Somebody may still be faster.
  static func firstFree(_ candidates: some Sequence<Int>, host: String, group: any EventLoopGroup) async -> Int? {
    for port in candidates {
      guard let channel = try? await ServerBootstrap(group: group).bind(host: host, port: port).get() else { continue }
      try? await channel.close()
      return port
    }
    return nil
  }
}
