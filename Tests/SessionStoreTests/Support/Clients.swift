import Logging
import NIOCore
import NIOPosix
import SessionStore

extension Logger {
  static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension RedisClient {
  /// A client for the time of `body`.
  static func with<Result>(
    _ url: String, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger = .quiet,
    timeout: Duration = .milliseconds(250), retry: RedisConfiguration.Retry = RedisConfiguration.Retry(), authorities: String? = nil,
    _ body: (RedisClient) async throws -> Result
  ) async throws -> Result {
    var configuration = RedisConfiguration(url: try RedisURL(url))
    configuration.commandTimeout = timeout
    configuration.retry = retry
    configuration.certificateAuthoritiesFile = authorities
    let client = try RedisClient(configuration, group: group, logger: logger)
    defer { client.close() }
    return try await body(client)
  }
}

extension RedisClient {
  /// The reply as text.
  func ask(_ name: String, _ arguments: RedisArgument..., isIdempotent: Bool = true) async throws -> String? {
    try await send(RedisCommand(name, arguments: arguments, isIdempotent: isIdempotent)).string
  }
}

extension RedisConfiguration.Retry {
  /// After what is not likely to change the next dial is far away: who waits is told why at once, however much time he has.
  static var onceInAWhile: Self {
    var retry = Self()
    retry.maximumDelay = .seconds(600)
    return retry
  }
}
