import NIOCore
import NIOPosix

/// Looks for a port to listen on.
enum PortProbe {
  /// Returns the first free port of `candidates`; nil if all are taken. Racy: another process may bind first.
  static func firstFree(_ candidates: some Sequence<Int>, host: String, group: any EventLoopGroup) async -> Int? {
    for port in candidates {
      guard let channel = try? await ServerBootstrap(group: group).bind(host: host, port: port).get() else { continue }
      try? await channel.close()
      return port
    }
    return nil
  }
}
