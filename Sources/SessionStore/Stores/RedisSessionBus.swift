import FoundationEssentials
public import Logging
import NIOConcurrencyHelpers
import NIOCore
public import ServiceLifecycle

/// Notices over Redis's publish/subscribe: to all instances on one channel, to each on its own. Within this process they take no detour.
///
/// Hears others only while ``run()`` runs.
public final class RedisSessionBus: SessionBus, Service {
  public let instance: String
  private let client: RedisClient
  private let channels: RedisNoticeChannels
  private let logger: Logger
  private let local: MemorySessionBus
  private let refused = NIOLockedValueBox(false)

  /// Creates a bus on the Pub/Sub of Redis.
  public init(_ client: RedisClient, prefix: String = "voice:", instance: String = RedisTicketStore.randomClaim(), logger: Logger) {
    self.client = client
    channels = RedisNoticeChannels(prefix: prefix, of: client)
    self.instance = instance
    self.logger = logger
    local = MemorySessionBus(instance: instance)
  }

  /// True when Redis forbids this user to subscribe, so that messages of other instances do not arrive.
  public var isRefused: Bool { refused.withLockedValue { $0 } }

  /// Subscribers of this process are notified in any case; throws where the other instances could not be.
  public func publish(_ notice: SessionMessage) async throws {
    await local.publish(notice)
    _ = try await send(notice, on: channels.all)
  }

  @discardableResult public func send(_ notice: SessionMessage, to instance: String) async throws -> Bool? {
    if instance == self.instance { return await local.send(notice, to: instance) }
    let heard = try await send(notice, on: channels.one(instance))
    // A node of a cluster counts those alone who listen to it.
    guard client.configuration.url.topology != .cluster, let heard else { return nil }
    return heard > 0
  }

  private func send(_ notice: SessionMessage, on channel: String) async throws -> Int64? {
    let envelope = try JSONEncoder().encode(Envelope(instance: instance, notice: notice))
    return try await client.send(RedisCommand("PUBLISH", .text(channel), .bytes(ByteBuffer(bytes: envelope)))).integer
  }

  public func events() -> AsyncStream<SessionBusEvent> { local.events() }
  public var spansInstances: Bool { true }

  /// Runs until cancelled or shut down.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      await client.subscribe(to: [channels.all, channels.one(instance)]) { [self] event in
        switch event {
        case .subscribed:
          refused.withLockedValue { $0 = false }
          local.deliver(.mayHaveMissed)
        case .lost: break
        case .forbidden(let error):
          let isNew = refused.withLockedValue { refused in
            defer { refused = true }
            return !refused
          }
          guard isNew else { return }
          logger.warning(
            """
            Redis refuses SUBSCRIBE, so sessions are not ended or taken over across instances at once: \(error); \
            grant \(channels.right)
            """)
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
    var notice: SessionMessage
  }
}
