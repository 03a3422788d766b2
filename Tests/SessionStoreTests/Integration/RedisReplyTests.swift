import NIOConcurrencyHelpers
import NIOPosix
import RedisTesting
import SessionStore
import Testing

/// What becomes of each error that Redis can answer with.
@Suite(.timeLimit(.minutes(10)))
struct RedisReplyTests {
  @Test(arguments: ["LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY"])
  func `a command that Redis did not run yet is sent again`(code: String) async throws {
    let count = NIOLockedValueBox(0)
    let server = try await ScriptedServer { _ in
      count.withLockedValue { count in
        count += 1
        return count < 3 ? "-\(code) not now\r\n" : "+PONG\r\n"
      }
    }
    try await RedisClient.with(server.url, timeout: Times.unhurried) { client in
      let reply = try await client.ask("PING", isIdempotent: false)
      #expect(reply == "PONG")
    }
    #expect(server.commands.count == 3)
    await server.stop()
  }

  @Test(arguments: ["LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY"])
  func `attempts end at their number, with Redis's own words`(code: String) async throws {
    let server = try await ScriptedServer { _ in "-\(code) not now\r\n" }
    try await RedisClient.with(server.url, timeout: Times.unhurried) { client in
      let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
      #expect(error?.reply?.code.rawValue == code && error?.isOutage == true)
    }
    #expect(server.commands.count == 3)
    await server.stop()
  }

  @Test(arguments: ["WRONGTYPE", "ERR", "NOPERM", "OOM", "MISCONF"])
  func `another error is the answer at once`(code: String) async throws {
    let server = try await ScriptedServer { _ in "-\(code) no\r\n" }
    try await RedisClient.with(server.url, timeout: Times.unhurried) { client in
      let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
      #expect(error?.reply?.description == "\(code) no")
      #expect(error?.isOutage == (code != "WRONGTYPE"))
    }
    #expect(server.commands.count == 1)
    await server.stop()
  }

  @Test func `retries end with the deadline, also when more attempts are left`() async throws {
    let server = try await ScriptedServer { words in words[0] == "ECHO" ? "+there\r\n" : "-LOADING not now\r\n" }
    var retry = RedisConfiguration.Retry()
    retry.maximumAttempts = .max
    retry.backoffFactor = 1
    try await RedisClient.with(server.url, timeout: .seconds(1), retry: retry) { client in
      // What comes of it with time moved by hand is RedisAttemptsTests' to say: here it must end.
      let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
      #expect(error?.isOutage == true)
    }
    await server.stop()
  }

  @Test func `a peer that does not speak the protocol is said to be one`() async throws {
    let server = try await ScriptedServer { _ in "HTTP/1.1 400 Bad Request\r\n\r\n" }
    try await RedisClient.with(server.url, timeout: Times.unhurried, retry: .onceInAWhile) { client in
      let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
      #expect(error?.code == .protocolViolation)
    }
    await server.stop()
  }

  @Test func `a reply that nobody asked for ends the connection, and is nobody's`() async throws {
    let server = try await ScriptedServer { words in "+\(words[1])\r\n+wrong\r\n" }
    let group = MultiThreadedEventLoopGroup.singleton.next()
    try await RedisClient.with(server.url, group: group, timeout: Times.unhurried, retry: .onceInAWhile) { client in
      let first = try await client.ask("ECHO", "0")
      #expect(first == "0")
      for number in 1...20 {
        let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("ECHO", .integer(Int64(number)))) }
        #expect(error?.code == .protocolViolation)
      }
    }
    await server.stop()
  }
}
