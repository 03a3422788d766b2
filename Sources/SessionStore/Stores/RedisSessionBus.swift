import FoundationEssentials
import NIOConcurrencyHelpers
import NIOCore
public import ServiceLifecycle

/// Notices over Redis's publish/subscribe, on the channel `PREFIXnotices`; within this process they take no detour.
///
/// Hears others only while ``run()`` runs.
public final class RedisSessionBus: SessionBus, Service {
  private let client: RedisClient
  private let channel: String
  /// Tells this instance's own notices from others'.
  private let instance: String
  private let local: MemorySessionBus
  private let isSubscribed = NIOLockedValueBox(false)

  public init(_ client: RedisClient, prefix: String = "voice:", instance: String = RedisTicketStore.randomClaim()) {
    self.client = client
    channel = RedisKeys(prefix: prefix).notices
    self.instance = instance
    local = MemorySessionBus()
  }

  /// Subscribers of this process are told in any case; throws where the other instances could not be.
  @discardableResult public func publish(_ notice: SessionNotice) async throws -> Int? {
    await local.publish(notice)
    let envelope = try JSONEncoder().encode(Envelope(instance: instance, notice: notice))
    let heard = try await client.send(RedisCommand("PUBLISH", .text(channel), .bytes(ByteBuffer(bytes: envelope))))
    // A node of a cluster counts those alone who listen to it.
    guard client.configuration.url.topology != .cluster, let count = heard.integer else { return nil }
    return max(0, Int(count) - (isSubscribed.withLockedValue { $0 } ? 1 : 0))
  }

  public func events() -> AsyncStream<SessionBusEvent> { local.events() }
  public var spansInstances: Bool { true }

  /// Until cancelled or shut down.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [client, channel, local, instance, isSubscribed] in
      await client.subscribe(to: [channel]) { event in
        switch event {
        case .subscribed:
          isSubscribed.withLockedValue { $0 = true }
          local.deliver(.mayHaveMissed)
        case .lost: isSubscribed.withLockedValue { $0 = false }
        case .message(_, let payload):
          guard let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(payload.readableBytesView)),
            envelope.instance != instance
          else { return }
          local.deliver(.notice(envelope.notice))
        }
      }
    }
  }

  private struct Envelope: Codable {
    var instance: String
    var notice: SessionNotice
  }
}
