/// Vote of the sentinels: the address that a majority names, or that most name once all have replied.
struct SentinelVote {
  private let electorate: Int
  private var votes: [RedisEndpoint: Int] = [:]
  private var answered = 0

  init(electorate: Int) { self.electorate = electorate }

  /// - Parameter endpoint: nil where a sentinel does not know the master, or does not answer.
  /// - Returns: the master, once that is decided.
  mutating func heard(_ endpoint: RedisEndpoint?) -> RedisEndpoint? {
    answered += 1
    if let endpoint { votes[endpoint, default: 0] += 1 }
    let best = votes.max { $0.value < $1.value }
    guard let best, best.value * 2 > electorate || answered == electorate else { return nil }
    return best.key
  }

  /// Reads the answer to `SENTINEL GET-MASTER-ADDR-BY-NAME`.
  static func endpoint(_ reply: RedisReply) -> RedisEndpoint? {
    guard let parts = reply.array, parts.count == 2, let host = parts[0].string, !host.isEmpty,
      let port = parts[1].string.flatMap({ Int($0) }),
      (1...65_535).contains(port)
    else { return nil }
    return RedisEndpoint(host: host, port: port)
  }

  /// Reads `+switch-master`: `NAME OLD-HOST OLD-PORT NEW-HOST NEW-PORT`. Nil where it is of another master.
  static func newMaster(_ announcement: String, of name: String) -> RedisEndpoint? {
    let parts = announcement.split(separator: " ")
    guard parts.count == 5, parts[0] == name, let port = Int(parts[4]), (1...65_535).contains(port) else { return nil }
    return RedisEndpoint(host: String(parts[3]), port: port)
  }
}
