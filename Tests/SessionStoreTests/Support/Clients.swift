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
    _ change: (inout RedisConfiguration) -> Void = { _ in }, _ body: (RedisClient) async throws -> Result
  ) async throws -> Result {
    var configuration = RedisConfiguration(url: try RedisURL(url))
    change(&configuration)
    let client = try RedisClient(configuration, group: group, logger: logger)
    defer { client.close() }
    return try await body(client)
  }
}
