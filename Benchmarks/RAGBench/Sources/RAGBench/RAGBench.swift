import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import VoiceCore
import VoiceTransport

/// Replays spoken questions on a clock of 250 ms a word through a running gateway, and prints what context costs in time.
///
/// usage: RAGBench PATH/TO/voice-server [TURNS a row] [DESIGN …]
@main
struct RAGBench {
  static let turnsPerSession = 10

  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let binary = arguments.first else { fatalError("usage: RAGBench PATH/TO/voice-server [TURNS] [DESIGN …]") }
    let turns = arguments.dropFirst().first.flatMap { Int($0) } ?? 200
    let named = arguments.dropFirst(2).compactMap { Design(rawValue: $0) }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let retriever = try await SlowRetriever.bind(group: group)
    var results: [(design: Design, measurements: Measurements)] = []
    for design in named.isEmpty ? Design.allCases : named {
      let start = ContinuousClock.now
      let measurements = try await run(design, binary, retriever.localAddress?.port ?? 0, turns: turns, on: group)
      results.append((design, measurements))
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      FileHandle.standardError.write(Data("\(design.rawValue): \(Int(seconds)) s\n".utf8))
    }
    let table = Table(results: results)
    table.print()
    let failures = table.failures()
    for failure in failures { print("NOT KEPT: \(failure)") }
    try await retriever.close()
    exit(failures.isEmpty ? 0 : 1)
  }

  private static func run(
    _ design: Design, _ binary: String, _ retriever: Int, turns: Int, on group: MultiThreadedEventLoopGroup
  ) async throws -> Measurements {
    let measurements = Measurements()
    let sessions = NIOLockedValueBox(0)
    let anyPath: @Sendable (Substring) -> Bool = { _ in true }
    let upgrader = WebSocketUpgrader(isWebSocketPath: anyPath) { request, _ in
      let name = (request.head.path ?? "").firstMatch(of: /model=([^&]*)/).map { String($0.1) } ?? ""
      return .accept(subprotocol: nil, configuration: WebSocketConfiguration()) { connection, eventLoop in
        guard let scenario = Scenario.named(name) else { preconditionFailure("no row named \(name)") }
        let session = sessions.withLockedValue { number in
          number += 1
          return number
        }
        return SpokenUpstream(
          connection, on: eventLoop, scenario: scenario, design: design, session: session, turns: turnsPerSession,
          measurements: measurements)
      }
    }
    let upstream = try await WebSocketListener.bind(host: "127.0.0.1", port: 0, group: group, upgrader: upgrader)
    let gateway = try GatewayProcess.start(binary, upstream: upstream.port, retriever: retriever, settings: design.environment)
    defer {
      gateway.stop()
      upstream.close()
    }
    var calls: [EventLoopFuture<Void>] = []
    for _ in 0..<max(1, turns / turnsPerSession) {
      for scenario in Scenario.all { calls.append(call(scenario, gateway, measurements, on: group.next())) }
      // All at once would be a load test of the door.
      try await Task.sleep(for: .milliseconds(50))
    }
    for call in calls { try await call.get() }
    return measurements
  }

  private static func call(
    _ scenario: Scenario, _ gateway: GatewayProcess, _ measurements: Measurements, on eventLoop: any EventLoop
  ) -> EventLoopFuture<Void> {
    let done = eventLoop.makePromise(of: Void.self)
    let target = RealtimeTarget(
      url: "ws://127.0.0.1:\(gateway.port)/v1/ws/voice?model=\(scenario.name)", headers: [.authorization: "Bearer \(gateway.token)"])
    eventLoop.execute {
      NIORealtimeConnector().connect(to: target, on: eventLoop) { connection in
        Caller(connection, scenario: scenario, measurements: measurements, done: done)
      } failed: { error in
        done.fail(error)
      }
    }
    return done.futureResult
  }
}
