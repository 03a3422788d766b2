import NIOConcurrencyHelpers
import NIOCore
public import VoiceCore

/// State of Redis, with figures of its `INFO`, requested at most once in 5 s.
public final class RedisHealth: Sendable {
  /// Health of Redis.
  public struct Report: Sendable, Equatable {
    /// True if Redis answers.
    public var isAvailable: Bool
    /// True while memory serves in place of Redis.
    public var isUsingFallback: Bool
    /// Redis serves, and refuses a part of what is needed.
    public var isImpaired: Bool
    /// The password as `***`.
    public var url: String
    /// Version of the server.
    public var version: String?
    /// Clients of the server, this one included.
    public var connectedClients: Int?
    /// Memory of the server as it writes it, such as `1.05M`.
    public var usedMemory: String?
  }

  private let client: RedisClient
  private let fallback: Fallback?
  private let bus: RedisSessionBus?
  private let lifetime: Duration
  private let now: @Sendable () -> UnixTime
  private let timer: any EventLoop
  private let last = NIOLockedValueBox<(info: [Substring: Substring]?, at: UnixTime)?>(nil)
  private let flight = SingleFlight<[Substring: Substring]?>()

  /// - Parameter lifetime: how long an answer of Redis is good for.
  /// - Parameter client: client to send through.
  /// - Parameter fallback: fallback that the decision is shared with.
  /// - Parameter bus: bus whose subscription is reported.
  /// - Parameter now: clock of the store.
  public init(
    _ client: RedisClient, fallback: Fallback?, bus: RedisSessionBus? = nil, lifetime: Duration = .seconds(5),
    now: @escaping @Sendable () -> UnixTime
  ) {
    self.client = client
    self.fallback = fallback
    self.bus = bus
    self.lifetime = lifetime
    self.now = now
    timer = client.eventLoop
  }

  /// Returns the state, with figures that are at most as old as their lifetime.
  ///
  /// Waits for the first look at Redis: before it, neither answer would be true.
  public func report() async -> Report {
    await fallback?.firstLook()
    let isUsingFallback = fallback?.isActive ?? false
    let info = isUsingFallback ? nil : await info()
    return Report(
      isAvailable: info != nil, isUsingFallback: isUsingFallback,
      isImpaired: (fallback?.isRefused ?? false) || (bus?.isRefused ?? false), url: "\(client.configuration.url)",
      version: info?["redis_version"].map(String.init), connectedClients: info?["connected_clients"].flatMap { Int($0) },
      usedMemory: info?["used_memory_human"].map(String.init))
  }

  private func info() async -> [Substring: Substring]? {
    let time = now()
    if let last = last.withLockedValue({ $0 }), last.info != nil, last.at <= time, time - last.at < lifetime { return last.info }
    let deadline = NIODeadline.now() + TimeAmount(client.configuration.commandTimeout)
    return await flight.run(deadline: deadline, timer: timer) {
      var info: [Substring: Substring]?
      do throws(RedisError) { info = try await client.send(RedisCommand("INFO")).string.map(Self.fields) } catch {
        // A server that forbids the question is there all the same.
        if error.reply?.forbidsCommand == true { info = [:] }
      }
      let answer = info
      last.withLockedValue { $0 = (answer, time) }
      return answer
    } ?? nil
  }

  /// `name:value`, a line each; headings begin with `#`.
  static func fields(_ info: String) -> [Substring: Substring] {
    let lines = info.split { $0.isNewline }.filter { !$0.hasPrefix("#") }
    let pairs = lines.compactMap { line in line.firstIndex(of: ":").map { (line[..<$0], line[line.index(after: $0)...]) } }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }
}
