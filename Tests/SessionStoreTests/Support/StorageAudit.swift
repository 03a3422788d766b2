import RateLimiting
import VoiceCore

@testable import SessionStore

/// Compares what a Redis holds with what must have been kept.
struct StorageAudit: Sendable, CustomStringConvertible {
  var missing = 0
  var different = 0
  var back = 0
  var uncounted = 0
  var leasesLost = 0

  var isClean: Bool { missing + different + back + uncounted + leasesLost == 0 }
  var description: String {
    "\(missing) missing, \(different) not the last, \(back) back from the dead, \(uncounted) admissions not counted, \(leasesLost) leases lost"
  }

  /// - Parameter client: of the Redis itself: no memory helps.
  init(_ books: StorageLoad.Books, in client: RedisClient) async throws {
    let store = RedisSessionStore(client, timeToLive: .seconds(3_600))
    for (id, expected) in books.sessions {
      let found = try await store.load(id)
      if found == nil { missing += 1 } else if found != expected { different += 1 }
    }
    for id in books.deleted where try await store.load(id) != nil { back += 1 }
    for (user, sessions) in books.admitted {
      let key = "voice:limit:{\(user)}"
      let counted = try await client.send(RedisCommand("ZRANGE", .text(key), 0, -1, key: key)).array ?? []
      uncounted += sessions.subtracting(counted.compactMap { $0.string.flatMap { SessionID($0) } }).count
    }
    for lease in books.held {
      let key = "voice:lease:{\(lease.user)}"
      let score = try await client.send(RedisCommand("ZSCORE", .text(key), .text(RedisSessionLeases.member(lease)), key: key))
      if score == .null { leasesLost += 1 }
    }
  }
}
