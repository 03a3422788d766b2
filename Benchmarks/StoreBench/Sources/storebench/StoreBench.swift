import Logging
import NIOCore
import NIOPosix
import RateLimiting
import SessionStore
import VoiceCore

/// Answers a second of this client over one connection: `storebench PORT get|set|limiter|ping CALLERS SECONDS`; prints them, and the
/// median time of one in µs.
@main
struct StoreBench {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 5, let port = Int(arguments[1]), let callers = Int(arguments[3]), let seconds = Double(arguments[4]) else {
      print("usage: storebench PORT get|set|limiter|ping CALLERS SECONDS")
      return
    }
    var configuration = RedisConfiguration(url: try RedisURL("redis://127.0.0.1:\(port)"))
    configuration.commandTimeout = .seconds(10)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let client = try RedisClient(configuration, group: group, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    let limiter = RedisRateLimiter(client, limit: 5, window: .seconds(3_600))
    let value = String(repeating: "x", count: 100)

    // Callers run where the connection lives, as far as they may: `elsewhere` has them on the threads that all tasks share.
    let executor = arguments.count == 6 ? nil : LoopExecutor(group.next())
    let times: [Duration] = try await withThrowingTaskGroup(of: [Duration].self) { tasks in
      for caller in 0..<callers {
        tasks.addTask(executorPreference: executor) {
          var random = SeededGenerator(state: UInt64(caller) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
          var times: [Duration] = []
          times.reserveCapacity(1 << 16)
          let end = ContinuousClock.now + .seconds(seconds)
          var now = ContinuousClock.now
          while now < end {
            let key = random.next() % 100_000
            switch arguments[2] {
            case "get": _ = try await client.send(RedisCommand("GET", .text("key:\(key)"), key: "key:\(key)"))
            case "set": _ = try await client.send(RedisCommand("SET", .text("key:\(key)"), .text(value), key: "key:\(key)"))
            case "limiter": _ = try await limiter.admit(user: "user-\(key % 1_000)", session: SessionID(using: &random))
            default: _ = try await client.send(RedisCommand("PING"))
            }
            let then = ContinuousClock.now
            times.append(then - now)
            now = then
          }
          return times
        }
      }
      var all: [Duration] = []
      for try await times in tasks { all += times }
      return all.sorted()
    }
    let median = times[times.count / 2]
    print("\(Int(Double(times.count) / seconds)) \(Double(median.components.attoseconds / 1_000_000_000) / 1_000)")
    client.close()
    try await group.shutdownGracefully()
  }
}
