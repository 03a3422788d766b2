import Foundation
import Logging
import NIOConcurrencyHelpers
import RedisTesting
import SessionStore
import Testing
import VoiceCore
import VoiceTesting

extension UnderLoad {
  /// A master dies under load, and another server takes its place: memory serves meanwhile, and nothing is lost.
  @Suite(.isWantedWithFaults, .timeLimit(.minutes(10)))
  struct FailoverTests {
    /// Longer than the deadline of a command, also of a relaxed one: memory serves before the other server does.
    private let downAfter = Duration.milliseconds(Times.areStrict ? 500 : 5_000)

    @Test(arguments: [false, true]) func `sentinels name another master`(isSecured: Bool) async throws {
      let certificates = isSecured ? try await Certificates(names: "IP:127.0.0.1") : nil
      defer { certificates?.remove() }
      let password = isSecured ? "secret-1" : nil
      try await SentinelSet.with(password: password, certificates: certificates, downAfter: downAfter) { set in
        let url =
          isSecured ? "rediss+sentinel://:secret-1@\(set.path)?sentinel_password=ssecret-1" : "redis+sentinel://\(set.path)"
        try await survive(url, authorities: certificates?.authority) { set.servers[0].killNow() }
      }
    }

    @Test func `a master of a cluster dies, and its replica takes over`() async throws {
      try await ClusterSet.with(downAfter: downAfter) { cluster in
        try await survive("redis+cluster://\(cluster.hosts)") { cluster.nodes[1].killNow() }
      }
    }

    @Test func `slots that move to another master under load fail nothing`() async throws {
      try await ClusterSet.with { cluster in
        let log = RecordingLog()
        try await RedisStorage.with("redis+cluster://\(cluster.hosts)", logger: log.logger) { storage in
          let (books, lag) = try await StorageLoad(storage: storage, users: 16).during { operations in
            try await Times.until("sessions") { operations() > 500 }
            try await cluster.move(slots: 1_500, from: 0, to: 2)
            let before = operations()
            try await Times.until("sessions on the new master") { operations() > before + 500 }
          }
          #expect(books.wrong == 0 && books.failures.isEmpty, "\(books.failures.prefix(5))")
          #expect(books.longest < Times.bound(lag: lag), "\(books.longest), of which the machine \(lag)")
          _ = await storage.settle()
          let audit = try await StorageAudit(books, in: storage.client)
          #expect(audit.isClean, "\(audit)")
          Figures.show("moved: \(books.operations) operations, longest \(books.longest), warnings \(log.texts(.warning))")
        }
      }
    }

    private func survive(_ url: String, authorities: String? = nil, _ kill: @Sendable () -> Void) async throws {
      let log = RecordingLog()
      try await RedisStorage.with(url, authorities: authorities, logger: log.logger) { storage in
        let away = NIOLockedValueBox(Duration.zero)
        let (books, lag) = try await StorageLoad(storage: storage).during { operations in
          try await Times.until("sessions") { operations() > 500 }
          kill()
          let killed = ContinuousClock.now
          try await Times.until("memory serves") { storage.fallback.isActive }
          try await Times.until("the other server serves") { !storage.fallback.isActive }
          away.withLockedValue { $0 = ContinuousClock.now - killed }
          let before = operations()
          try await Times.until("sessions on the new master") { operations() > before + 500 }
        }
        #expect(books.wrong == 0 && books.failures.isEmpty, "\(books.failures.prefix(5))")
        #expect(books.longest < Times.bound(lag: lag), "\(books.longest), of which the machine \(lag)")
        log.expectOneWarningAnOutage()
        let audit = try await StorageAudit(books, in: storage.client)
        #expect(audit.isClean, "\(audit)")
        Figures.show("failover: \(books.operations) operations, longest \(books.longest), away for \(away.withLockedValue { $0 })")
      }
    }
  }
}
