import VoiceCore

/// The names of all keys. What stands in braces decides the node in a cluster, so each user's, and each session's, are together.
struct RedisKeys: Sendable {
  let prefix: String

  func session(_ id: SessionID) -> String { "\(prefix)session:{\(id)}" }
  /// Key that marks a session as deleted.
  func deleted(_ id: SessionID) -> String { "\(prefix)deleted:{\(id)}" }
  /// User of a session, and the connection that runs it.
  func owner(_ id: SessionID) -> String { "\(prefix)owner:{\(id)}" }
  func sessions(of user: String) -> String { "\(prefix)sessions:{\(user)}" }
  func limit(_ user: String) -> String { "\(prefix)limit:{\(user)}" }
  func lease(_ user: String) -> String { "\(prefix)lease:{\(user)}" }
  func ticket(_ name: String) -> String { "\(prefix)ticket:{\(name)}" }
  func tickets(of user: String) -> String { "\(prefix)tickets:{\(user)}" }
  func spend(of user: String) -> String { "\(prefix)spend:{\(user)}" }
  /// Sums of a day, `2026-11-21`, over all instances.
  func day(_ day: String) -> String { "\(prefix)day:{\(day)}" }
  /// Distinct users of a day.
  func users(of day: String) -> String { "\(prefix)users:{\(day)}" }
  /// Key of a probe, which lives for a second or two: several names, so that each node of a cluster serves one.
  func probe(_ name: String) -> String { "\(prefix)probe:\(name)" }
}
