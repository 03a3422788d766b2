/// Names of the Pub/Sub channels that instances of one deployment hear each other on: `PREFIXnotices` for all, `PREFIXnotices:INSTANCE` for
/// one. Redis keeps no channels apart by database, so in another database than 0 each begins with `PREFIXnotices@DATABASE`.
struct RedisNoticeChannels: Sendable {
  /// Channel of all instances.
  let all: String

  init(prefix: String, of client: RedisClient) { self.init(prefix: prefix, database: client.configuration.url.database) }

  init(prefix: String, database: Int) { all = "\(prefix)notices" + (database == 0 ? "" : "@\(database)") }

  /// Channel of one instance alone.
  func one(_ instance: String) -> String { "\(all):\(instance)" }

  /// Right to all of them, as an ACL writes it.
  var right: String { "&\(all)*" }
}
