import Foundation
import Logging
import NIOConcurrencyHelpers
import RedisTesting
import SessionStore
import Testing
import VoiceCore
import VoiceTesting

extension UnderLoad {
  /// Redis goes away under load and comes back: memory serves meanwhile, nobody waits, and nothing is lost.
  @Suite
  struct OutageTests {
    /// How long Redis is away. `VOICE_TEST_OUTAGE_SECONDS=600` for the long run.
    private static let outage = ProcessInfo.processInfo.environment["VOICE_TEST_OUTAGE_SECONDS"].flatMap { Int($0) } ?? 2

    enum Fault: CaseIterable { case killed, stopped }

    @Test(.timeLimit(.minutes(30)), arguments: Fault.allCases)
    func `Redis is away under load: one warning, nobody waits, nothing is lost, and it is back within 5 s`(fault: Fault) async throws {
      try await RedisServer.with { server in
        let log = RecordingLog()
        try await RedisStorage.with(server.url, logger: log.logger) { storage in
          let back = NIOLockedValueBox(Duration.zero)
          let growth = NIOLockedValueBox(0)
          let (books, lag) = try await StorageLoad(storage: storage).during { operations in
            try await Times.until("sessions") { operations() > 500 }
            if fault == .killed { server.killNow() } else { server.signal(SIGSTOP) }
            try await Times.until("memory serves") { storage.fallback.isActive }
            // What there is to remember of these users is remembered soon; from then on memory stays as it is.
            try await Task.sleep(for: .seconds(Self.outage) / 2)
            let half = ProcessMemory.resident
            let before = operations()
            try await Task.sleep(for: .seconds(Self.outage) / 2)
            growth.withLockedValue { $0 = ProcessMemory.resident - half }
            try await Times.until("sessions out of memory") { operations() > before + 500 }
            #expect(storage.fallback.isActive)
            if fault == .killed { try await server.start() } else { server.signal(SIGCONT) }
            let time = await storage.settle()
            back.withLockedValue { $0 = time }
            let then = operations()
            try await Times.until("sessions in Redis") { operations() > then + 200 }
          }
          #expect(books.wrong == 0 && books.failures.isEmpty, "\(books.failures.prefix(5))")
          #expect(books.longest < Times.bound(lag: lag), "\(books.longest), of which the machine \(lag)")
          #expect(back.withLockedValue { $0 } < Times.relaxed(.seconds(5)))
          log.expectOneWarningAnOutage()
          if Times.areStrict { #expect(growth.withLockedValue { $0 } < 64 << 20) }
          let audit = try await StorageAudit(books, in: storage.client)
          #expect(audit.isClean, "\(audit)")
          Figures.show(
            "\(fault): \(books.operations) operations, longest \(books.longest), back after \(back.withLockedValue { $0 }), growth \(growth.withLockedValue { $0 } >> 10) KiB"
          )
        }
      }
    }
  }
}

extension RecordingLog {
  /// A machine that stands still for longer than the deadlines is an outage too.
  func expectOneWarningAnOutage(sourceLocation: SourceLocation = #_sourceLocation) {
    let warnings = texts(.warning)
    let returns = texts(.notice).count { $0.contains("Redis connected successfully") && $0.contains("what was made meanwhile") }
    #expect(warnings.count == (Times.areStrict ? 1 : returns) && !warnings.isEmpty, "\(warnings)", sourceLocation: sourceLocation)
  }
}
