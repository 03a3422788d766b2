import Logging
import ServiceLifecycle

/// Looks at a retriever at the start, and again until it is as it should be: one line for each change.
struct RetrieverCheck: Service {
  let logger: Logger
  let check: @Sendable () async throws -> String
  private static let interval = Duration.seconds(10)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var last: String?
      while !Task.isCancelled {
        do {
          let line = try await check()
          logger.notice("retriever: \(line)")
          // Good once: from here on the queries themselves tell.
          try? await Task.sleep(for: .seconds(1 << 40))
        } catch {
          guard !Task.isCancelled else { return }
          let line = "\(error)"
          if line != last { logger.error("retriever: \(line)") }
          last = line
          try? await Task.sleep(for: Self.interval)
        }
      }
    }
  }
}
