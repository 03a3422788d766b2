import Foundation
import NIOCore
import NIOPosix
import Testing
import VoiceCore

@testable import VoiceTransport

struct UpstreamDialTests {
  /// `TCP_NODELAY` and `SO_DEBUG` are the same number, of two levels; the second takes a privilege that no server should have.
  @Test(.timeLimit(.minutes(1))) func `a dialled socket sends at once, and asks for no privilege`() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let listener = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(listener.localAddress?.port)
    let eventLoop = group.next()
    let channel: any Channel = try await withCheckedThrowingContinuation { continuation in
      eventLoop.execute {
        NIORealtimeConnector().park(
          RealtimeTarget(url: "ws://127.0.0.1:\(port)/"), opensSession: false, on: eventLoop,
          opened: { continuation.resume(returning: $0.channel) },
          failed: { continuation.resume(throwing: ChannelError.ioOnClosedChannel) })
      }
    }
    #expect(try await channel.getOption(.tcpOption(.tcp_nodelay)).get() == 1)
    #expect(try await channel.getOption(.socketOption(NIOBSDSocket.Option(rawValue: SO_DEBUG))).get() == 0)
    try await channel.close()
    try await listener.close()
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["127.0.0.1", "localhost"]) func `a port where nothing listens is told in plain words`(
    host: String
  ) async throws {
    let error = await failure(of: "ws://\(host):1/")
    #expect(error.description == "unreachable: \(host):1 cannot be reached: connection refused, nothing listens there")
  }

  private func failure(of url: String) async -> RealtimeConnectError {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    return await withCheckedContinuation { continuation in
      eventLoop.execute {
        NIORealtimeConnector().connect(to: RealtimeTarget(url: url), on: eventLoop) { _ in
          preconditionFailure("nothing listens there")
        } failed: {
          continuation.resume(returning: $0)
        }
      }
    }
  }
}
