import FoundationEssentials
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

  public init(_ client: RedisClient, prefix: String = "voice:", instance: String = RedisTicketStore.randomClaim()) {
    self.client = client
    channel = RedisKeys(prefix: prefix).notices
    self.instance = instance
    local = MemorySessionBus()
  }

  /// Subscribers of this process are told in any case; throws where the other instances could not be.
  public func publish(_ notice: SessionNotice) async throws {
    await local.publish(notice)
    let envelope = try JSONEncoder().encode(Envelope(instance: instance, notice: notice))
    _ = try await client.send(RedisCommand("PUBLISH", .text(channel), .bytes(ByteBuffer(bytes: envelope))))
  }

  public func events() -> AsyncStream<SessionBusEvent> { local.events() }
  public var spansInstances: Bool { true }

  /// Until cancelled or shut down.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [client, channel, local, instance] in
      await client.subscribe(to: [channel]) { event in
        switch event {
        case .subscribed: local.deliver(.mayHaveMissed)
        case .lost: break
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
