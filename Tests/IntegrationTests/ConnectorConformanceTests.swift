import HTTPTypes
import NIOCore
import NIOPosix
import Testing
import VoiceCore
import VoiceSimulator
import VoiceTesting
import VoiceTransport

/// The rules of every connector, against the one that dials over the network.
@Suite(.timeLimit(.minutes(2))) struct ConnectorConformanceTests {
  @Test(arguments: RealtimeConnectorConformance.rules)
  func `the connector of the transport, by itself and behind a choice of servers, keeps the rules`(
    rule: ConformanceRule<RealtimeConnectorConformance.Subject>
  ) async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let simulator = try await SimulatorServer.bind(group: group, wallClock: { 1_795_230_000 })
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await simulator.run() }
      let target = RealtimeTarget(url: simulator.url + "?model=gpt-realtime-2.1", headers: [.authorization: "Bearer key"])
      for connector in [NIORealtimeConnector(), FailoverConnector(NIORealtimeConnector())] as [any RealtimeConnector] {
        try await rule.check(
          .init(connector: connector, target: target, eventLoop: group.next(), pass: { try await Task.sleep(for: .milliseconds(5)) }))
      }
      tasks.cancelAll()
    }
  }
}
