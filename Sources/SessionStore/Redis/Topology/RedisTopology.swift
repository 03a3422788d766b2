import NIOCore

/// Knows which server a command goes to.
protocol RedisTopology: Sendable {
  /// The master that serves this key; any master where there is none.
  func server(for key: String?, deadline: NIODeadline) async throws(RedisError) -> RedisEndpoint
  /// `MOVED`: this slot has another master.
  func moved(_ slot: Int, to endpoint: RedisEndpoint)
  /// This server is lost, or no master any more.
  func changed(_ endpoint: RedisEndpoint?)
  /// Every master, for a probe of the whole.
  func masters(deadline: NIODeadline) async throws(RedisError) -> [RedisEndpoint]
  /// Follows what the servers announce, until cancelled.
  func run() async
  func close()
}

/// One server, whatever happens.
struct SingleTopology: RedisTopology {
  let endpoint: RedisEndpoint

  func server(for key: String?, deadline: NIODeadline) async throws(RedisError) -> RedisEndpoint { endpoint }
  func moved(_ slot: Int, to endpoint: RedisEndpoint) {}
  func changed(_ endpoint: RedisEndpoint?) {}
  func masters(deadline: NIODeadline) async throws(RedisError) -> [RedisEndpoint] { [endpoint] }
  func run() async {}
  func close() {}
}
