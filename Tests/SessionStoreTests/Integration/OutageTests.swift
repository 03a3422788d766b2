import Foundation
import Logging
import NIOConcurrencyHelpers
import RedisTesting
import SessionStore
import Testing
import VoiceCore

extension UnderLoad {
  /// Redis goes away under load and comes back: memory serves meanwhile, nobody waits, and nothing is lost.
  @Suite
  struct OutageTests {
    /// How long Redis is away. `VOICE_TEST_OUTAGE_SECONDS=600` for the long run.
    private static let outage = ProcessInfo.processInfo.environment["VOICE_TEST_OUTAGE_SECONDS"].flatMap { Int($0) } ?? 2

    enum Fault: CaseIterable { case killed, stopped }

    @Test(.timeLimit(.minutes(15)), arguments: Fault.allCases)
    func `Redis is away under load: one warning, nobody waits, nothing is lost, and it is back within 5 s`(fault: Fault) async throws {
      try await RedisServer.with { server in
        let log = RecordingLog()
        try await RedisStorage.with(server.url, logger: log.logger) { storage in
          let back = NIOLockedValueBox(Duration.seconds(60))
          let growth = NIOLockedValueBox(0)
          let (books, lag) = try await StorageLoad(storage: storage).during {
            try await Task.sleep(for: .milliseconds(500))
            if fault == .killed { server.killNow() } else { server.signal(SIGSTOP) }
            // What there is to remember of these users is remembered soon; from then on memory stays as it is.
            try await Task.sleep(for: .seconds(Self.outage) / 2)
            #expect(storage.fallback.isActive)
            let half = ProcessMemory.resident
            try await Task.sleep(for: .seconds(Self.outage) / 2)
            growth.withLockedValue { $0 = ProcessMemory.resident - half }
            if fault == .killed { try await server.start() } else { server.signal(SIGCONT) }
            let time = await storage.settle()
            back.withLockedValue { $0 = time }
            try await Task.sleep(for: .milliseconds(300))
          }
          #expect(books.operations > 1_000 && books.wrong == 0 && books.failures.isEmpty, "\(books.failures.prefix(5))")
          #expect(books.longest - lag < .milliseconds(300), "\(books.longest), of which the machine \(lag)")
          #expect(back.withLockedValue { $0 } < .seconds(5))
          #expect(growth.withLockedValue { $0 } < 64 << 20)
          #expect(log.texts(.warning).count == 1, "\(log.texts(.warning))")
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
